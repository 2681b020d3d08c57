/*
 * Copyright the Lettuce Pool contributors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.lettucepool.autoconfigure;

import java.security.KeyStore;
import java.util.function.Supplier;

import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.TrustManagerFactorySpi;

import org.springframework.boot.ssl.SslManagerBundle;

/**
 * Key and trust managers of a bundle as it is when a connection is opened, not as it was
 * when the application started: a bundle with {@code reload-on-update} changes while the
 * application runs.
 */
final class CurrentSslManagers {

	private CurrentSslManagers() {
	}

	/**
	 * A factory of the key managers.
	 * @param bundle gives the bundle of the moment
	 * @return a factory that is initialized
	 */
	static KeyManagerFactory keyManagers(Supplier<SslManagerBundle> bundle) {
		KeyManagerFactory first = bundle.get().getKeyManagerFactory();
		KeyManagerFactorySpi current = new KeyManagerFactorySpi() {

			@Override
			protected void engineInit(KeyStore keyStore, char[] password) {
				throw new UnsupportedOperationException("The bundle says which keys there are");
			}

			@Override
			protected void engineInit(ManagerFactoryParameters parameters) {
				throw new UnsupportedOperationException("The bundle says which keys there are");
			}

			@Override
			protected KeyManager[] engineGetKeyManagers() {
				return bundle.get().getKeyManagers();
			}

		};
		return new KeyManagerFactory(current, first.getProvider(), first.getAlgorithm()) {
		};
	}

	/**
	 * A factory of the trust managers.
	 * @param bundle gives the bundle of the moment
	 * @return a factory that is initialized
	 */
	static TrustManagerFactory trustManagers(Supplier<SslManagerBundle> bundle) {
		TrustManagerFactory first = bundle.get().getTrustManagerFactory();
		TrustManagerFactorySpi current = new TrustManagerFactorySpi() {

			@Override
			protected void engineInit(KeyStore keyStore) {
				throw new UnsupportedOperationException("The bundle says who is trusted");
			}

			@Override
			protected void engineInit(ManagerFactoryParameters parameters) {
				throw new UnsupportedOperationException("The bundle says who is trusted");
			}

			@Override
			protected TrustManager[] engineGetTrustManagers() {
				return bundle.get().getTrustManagers();
			}

		};
		return new TrustManagerFactory(current, first.getProvider(), first.getAlgorithm()) {
		};
	}

}
