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
package io.github.lettucepool;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionManager;
import org.springframework.transaction.annotation.AnnotationTransactionAttributeSource;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.interceptor.TransactionInterceptor;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

/**
 * Does something in a method that is {@link Transactional}, as a bean of an application
 * would. There is no database: only Redis takes part in the transaction.
 */
class TransactionalCaller {

	/**
	 * Does something in a transaction, which is rolled back if it fails.
	 * @param work what to do
	 */
	@Transactional
	void call(Runnable work) {
		work.run();
	}

	/**
	 * Makes a caller whose methods are intercepted.
	 * @return the caller
	 */
	static TransactionalCaller create() {
		ProxyFactory proxy = new ProxyFactory(new TransactionalCaller());
		proxy.setProxyTargetClass(true);
		TransactionManager transactions = new SynchronizingTransactionManager();
		proxy.addAdvice(new TransactionInterceptor(transactions, new AnnotationTransactionAttributeSource(false)));
		return (TransactionalCaller) proxy.getProxy();
	}

	/**
	 * Begins and ends nothing but what has registered with the transaction.
	 */
	private static final class SynchronizingTransactionManager extends AbstractPlatformTransactionManager {

		private static final long serialVersionUID = 1L;

		@Override
		protected Object doGetTransaction() {
			return new Object();
		}

		@Override
		protected void doBegin(Object transaction, TransactionDefinition definition) {
		}

		@Override
		protected void doCommit(DefaultTransactionStatus status) {
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
		}

	}

}
