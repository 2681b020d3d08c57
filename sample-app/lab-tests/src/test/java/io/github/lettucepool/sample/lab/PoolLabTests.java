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

package io.github.lettucepool.sample.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.BoundingBox;
import com.microsoft.playwright.options.ColorScheme;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Drives the Pool Lab's page in Chromium, against the packaged application. Its pictures
 * are in {@code target/screenshots}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("slow")
class PoolLabTests {

	private static final Path CHROMIUM = Path.of(System.getProperty("chromium", "/usr/bin/chromium"));

	private static final Path SCREENSHOTS = Path.of("target", "screenshots");

	private static final double BOUND = 60_000;

	private static final Pattern SOME = Pattern.compile("[1-9].*");

	private static Application application;

	private static String address;

	private static Playwright playwright;

	private static Browser browser;

	private final List<String> errors = new CopyOnWriteArrayList<>();

	private BrowserContext context;

	private Page page;

	@BeforeAll
	static void start() throws IOException {
		Assumptions.assumeTrue(Files.isExecutable(CHROMIUM),
				() -> "No Chromium at %s: the end-to-end tests of the Pool Lab are skipped. Set -Dchromium to its path"
					.formatted(CHROMIUM));
		Files.createDirectories(SCREENSHOTS);
		application = new Application("application");
		address = application.address();
		PlaywrightAssertions.setDefaultAssertionTimeout(BOUND);
		playwright = Playwright
			.create(new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
		browser = playwright.chromium()
			.launch(new BrowserType.LaunchOptions().setExecutablePath(CHROMIUM)
				.setArgs(List.of("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
						"--disable-background-networking", "--disable-component-update", "--disable-sync")));
	}

	@AfterAll
	static void end() {
		if (playwright != null) {
			playwright.close();
		}
		if (application != null) {
			application.close();
		}
	}

	@BeforeEach
	void open() {
		open(desktop());
	}

	private static Browser.NewContextOptions desktop() {
		return new Browser.NewContextOptions().setViewportSize(1440, 1045);
	}

	private void open(Browser.NewContextOptions options) {
		open(address, options);
	}

	private void open(String base, Browser.NewContextOptions options) {
		if (this.context != null) {
			this.context.close();
		}
		this.context = browser.newContext(options);
		this.context.setDefaultTimeout(BOUND);
		this.page = this.context.newPage();
		this.page.onConsoleMessage((message) -> {
			if (message.type().equals("error")) {
				this.errors.add(message.text() + " at " + message.location());
			}
		});
		this.page.onPageError(this.errors::add);
		this.page.onRequest((request) -> {
			if (!request.url().startsWith(base) && !request.url().startsWith("data:")) {
				this.errors.add("Went elsewhere: " + request.url());
			}
		});
		this.page.navigate(base + "/?seconds=4");
		expect("#feed-state").hasText("live");
		expect("#pool-name").not().hasText("…");
	}

	@AfterEach
	void noErrors() {
		if (this.context != null) {
			this.context.close();
		}
		assertThat(this.errors).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "MIXED", "ORDINARY", "TRANSACTIONS", "PIPELINES", "QUEUE" })
	void loadIsStartedAndStopped(String mix) {
		this.page.fill("#callers", "8");
		this.page.selectOption("#threads", "platform");
		this.page.selectOption("#mix", mix);
		this.page.fill("#payload", "200");
		this.page.fill("#think", "1");
		this.page.click("#load-start");
		expect("#load-start").hasText("Change load");
		expect("#f-throughput").hasText(SOME);
		this.page.click("#load-stop");
		expect("#load-start").hasText("Start load");
		expect("#message").isHidden();
	}

	@Test
	void thePoolIsSteered() {
		this.page.fill("#max-size", "5");
		this.page.click("#pool-resize");
		expect("#f-max").hasText("5");
		this.page.click("#pool-suspend");
		expect("#pool-state").hasText("suspended");
		this.page.click("#pool-resume");
		expect("#pool-state").hasText(Pattern.compile("running|saturated"));
		this.page.click("#pool-retire");
		expect("#events").containsText("retired");
		this.page.click("#pool-reset");
		expect("#f-max").hasText("8");
		this.page.click(".controls details summary");
		expect(".controls details").containsText("lettuce.pool.shared-connections");
	}

	@Test
	void theServerIsDisturbed() {
		this.page.click("#server-pause");
		expect("#server-state").hasText("paused");
		this.page.click("#server-resume");
		expect("#server-state").hasText("running");
		this.page.click("#server-kill");
		expect("#server-state").hasText("down");
		expect("#events").containsText("server down");
		this.page.click("#server-start");
		expect("#server-state").hasText("running");
		expect("#events").containsText("server up");
	}

	@Test
	void adviceComesWithYamlToPaste() {
		this.page.fill("#max-size", "1");
		this.page.click("#pool-resize");
		this.context.grantPermissions(List.of("clipboard-read", "clipboard-write"));
		this.page.selectOption("#mix", "TRANSACTIONS");
		this.page.fill("#callers", "24");
		this.page.fill("#think", "0");
		this.page.click("#load-start");
		expect("#advice pre").containsText("max-size:");
		this.page.click("#load-stop");
		screenshot("advice");
		this.page.click("#advice button.copy");
		this.page.waitForFunction("navigator.clipboard.readText().then((text) => text.includes('max-size: '))");
		this.page.click("#pool-reset");
		expect("#f-max").hasText("8");
	}

	@ParameterizedTest
	@ValueSource(strings = { "handshake", "connection-per-command", "lazy-creation", "too-small", "too-large",
			"pipelining", "distance", "lanes", "slow-command", "broken-connections", "server-restart", "leak",
			"cluster", "peers", "no-pool", "self-sizing" })
	void anExperimentComparesAndSaysWhatToRemember(String id) {
		Locator card = this.page.locator("#experiment-" + id);
		card.locator("button.run").click();
		PlaywrightAssertions.assertThat(card.locator("progress")).isVisible();
		expect("#result[data-experiment='%s'][data-phase=DONE]".formatted(id)).isVisible();
		assertThat(this.page.locator("#result .sentence").count()).isBetween(2, 3);
		assertThat(this.page.locator("#result tbody tr").count()).isGreaterThanOrEqualTo(4);
		// Bars of one length mean the same figure.
		assertThat((List<?>) this.page.locator("#result tbody tr:first-child td")
			.evaluateAll("cells => [...new Set(cells.map((cell) => Math.round(cell.clientWidth / 8)))]")).hasSize(1);
		expect("#result .lesson").containsText("Remember: ");
		expect("#result .lesson code").hasText(Pattern.compile("(lettuce\\.pool|spring\\.data\\.redis)\\.[a-z-]+"));
		expect("#result .lesson a").hasAttribute("href", Pattern.compile("https://.*/blob/main/.*\\.md(#.*)?"));
		this.page.locator("#result")
			.screenshot(
					new Locator.ScreenshotOptions().setPath(SCREENSHOTS.resolve("experiment-%s.png".formatted(id))));
	}

	@Test
	void anExperimentIsStopped() {
		Locator card = this.page.locator("#experiment-lanes");
		card.locator("button.run").click();
		card.locator("button.stop").click();
		expect("#result[data-experiment=lanes][data-phase=STOPPED]").isVisible();
	}

	@Test
	void everythingIsReachedByKeyboard() {
		List<String> reached = new ArrayList<>();
		for (int i = 0; i < 60; i++) {
			this.page.keyboard().press("Tab");
			reached.add(String.valueOf(this.page
				.evaluate("document.activeElement.id || document.activeElement.closest('article')?.id || ''")));
		}
		assertThat(reached).contains("callers", "threads", "mix", "load-start", "max-size", "pool-retire",
				"server-pause", "events", "experiment-cluster");
		this.page.focus("#pool-suspend");
		this.page.keyboard().press("Enter");
		expect("#pool-state").hasText("suspended");
		expect("#pool-resume").isFocused();
		this.page.keyboard().press("Space");
		expect("#pool-state").hasText(Pattern.compile("running|saturated"));
		expect("#pool-suspend").isFocused();
		this.page.focus("#experiment-lanes button.run");
		this.page.keyboard().press("Enter");
		expect("#experiment-lanes button.stop").isFocused();
		this.page.keyboard().press("Enter");
		expect("#experiment-lanes button.run").isFocused();
	}

	@Test
	void thePoolsControlsAreOffWhileAnExperimentShowsItsOwn() {
		this.page.locator("#experiment-lanes button.run").click();
		expect("#pool-name").hasText("experiment");
		expect("#experiment-note").isVisible();
		for (String control : List.of("load-start", "max-size", "pool-resize", "pool-suspend", "pool-resume",
				"pool-retire", "pool-reset")) {
			expect("#" + control).isDisabled();
		}
		expect("#result[data-experiment=lanes][data-phase=DONE]").isVisible();
		expect("#pool-name").hasText("redis");
		expect("#experiment-note").isHidden();
		expect("#pool-resize").isEnabled();
	}

	@Test
	void anExperimentGoesOnWithoutThePage() {
		this.page.locator("#experiment-leak button.run").click();
		expect("#experiment-leak button.stop").isVisible();
		open();
		expect("#result[data-experiment=leak][data-phase=DONE]").isVisible();
		expect("#f-max").hasText("8");
	}

	@Test
	void attemptsToConnectThatFailAreOneLineOfTheTimeLine() {
		this.page.click("#server-kill");
		PlaywrightAssertions.assertThat(this.page.locator("#events li:has(.connect-failed) .text").first())
			.containsText(Pattern.compile("^[3-9] ×"));
		this.page.click("#server-start");
		expect("#events").containsText("server up");
	}

	@Test
	void anInputThatWasNotSentIsForgottenByAReset() {
		this.page.fill("#max-size", "33");
		this.page.click("#pool-reset");
		expect("#max-size").hasValue("8");
	}

	@Test
	void aPageThatIsOneTooManySaysSo() {
		this.page.route("**/lab/feed", (route) -> route.fulfill(new Route.FulfillOptions().setStatus(503)));
		this.page.reload();
		expect("#lost").isVisible();
		expect("#feed-state").hasText("interrupted");
		this.page.unroute("**/lab/feed");
		expect("#feed-state").hasText("live");
		expect("#lost").isHidden();
		assertThat(this.errors).isNotEmpty().allMatch((error) -> error.contains("503"));
		this.errors.clear();
	}

	@Test
	void aPageThatLearnsNothingAtFirstSaysSoAndAsksAgain() {
		this.page.route("**/lab", (route) -> route.fulfill(new Route.FulfillOptions().setStatus(503)));
		this.page.reload();
		expect("#lost").isVisible();
		expect("#feed-state").hasText("interrupted");
		this.page.unroute("**/lab");
		expect("#feed-state").hasText("live");
		expect("#lost").isHidden();
		expect("#experiment-lanes button.run").isVisible();
		assertThat(this.errors).isNotEmpty().allMatch((error) -> error.contains("503"));
		this.errors.clear();
	}

	@Test
	@Order(1)
	void itIsReadableLightDarkAndOnAPhone() {
		this.page.fill("#max-size", "2");
		this.page.click("#pool-resize");
		this.page.fill("#callers", "24");
		this.page.selectOption("#mix", "MIXED");
		this.page.click("#load-start");
		expect("#f-throughput").hasText(SOME);
		// So that the charts have something to show, here and below.
		this.page.waitForTimeout(14_000);
		this.page.fill("#max-size", "8");
		this.page.click("#pool-resize");
		expect("#f-max").hasText("8");
		this.page.waitForTimeout(14_000);
		this.page.mouse().move(0, 0);
		screenshot("light");
		open(desktop().setColorScheme(ColorScheme.DARK));
		screenshot("dark");
		open(new Browser.NewContextOptions().setViewportSize(390, 844));
		screenshot("phone");
		assertThat(this.page.evaluate("document.documentElement.scrollWidth")).isEqualTo(390);
		open(new Browser.NewContextOptions().setViewportSize(900, 1200));
		screenshot("tablet");
		assertThat(this.page.evaluate("document.documentElement.scrollWidth")).isEqualTo(900);
		expect("#callers").hasValue("24");
		this.page.click("#load-stop");
		expect("#load-start").hasText("Start load");
	}

	@Test
	void theServerOfSomebodyElseIsLeftAlone() throws IOException {
		Matcher port = Pattern.compile("\"server\":\"127.0.0.1:(\\d+)\"")
			.matcher(this.page.request().get(address + "/actuator/redispools/redis").text());
		assertThat(port.find()).isTrue();
		try (Application foreign = new Application("foreign", "--spring.data.redis.port=" + port.group(1))) {
			open(foreign.address(), desktop());
			expect("#server-state").hasText("your own");
			expect("#server-note").isVisible();
			screenshot("foreign");
			for (String action : List.of("pause", "resume", "kill", "start")) {
				expect("#server-" + action).isDisabled();
			}
		}
	}

	@Test
	void aPageWhoseApplicationHangsOrEndsSaysSoAndShowsNothingGood() throws IOException, InterruptedException {
		try (Application other = new Application("lost")) {
			open(other.address(), desktop());
			expect("#lost").isHidden();
			other.signal("STOP");
			expectLost("does not answer");
			screenshot("lost");
			other.signal("CONT");
			expect("#feed-state").hasText("live");
			expect("#lost").isHidden();
			expect("#pool-state").hasText(Pattern.compile("running|saturated"));
			other.signal("KILL");
			expectLost("has ended");
		}
		assertThat(this.errors).isNotEmpty().allMatch((error) -> error.contains("ERR_"));
		this.errors.clear();
	}

	private void expectLost(String reason) {
		expect("#lost").containsText(reason);
		expect("#feed-state").hasText("interrupted");
		expect("#pool-state").hasText("unknown");
		expect("#server-state").hasText("unknown");
		assertThat(this.page.locator(".badge.good").count()).isZero();
		assertThat(this.page.evaluate("""
				["--accent", "--idle"].map((name) => getComputedStyle(document.body).getPropertyValue(name))
					.some((color) => ["#2f7d3b", "#9cc9a3"].includes(color))""")).isEqualTo(false);
	}

	@ParameterizedTest
	@EnumSource(names = { "LIGHT", "DARK" })
	void bordersAndFreeSlotsStandOut(ColorScheme scheme) {
		open(desktop().setColorScheme(scheme));
		expect("#exclusive-slots .free").isVisible();
		assertThat(this.page.evaluate("""
				(() => {
					const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
						.map((part) => part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
						.reduce((sum, part, index) => sum + part * [.2126, .7152, .0722][index], 0);
					const contrast = (one, other) => {
						const [less, more] = [light(one), light(other)].sort((a, b) => a - b);
						return (more + .05) / (less + .05);
					};
					const around = (element) => getComputedStyle(element.closest(".panel")).backgroundColor;
					return [...document.querySelectorAll("input, select, .slots .free")]
						.filter((element) => contrast(getComputedStyle(element).borderTopColor, around(element)) < 3)
						.map((element) => element.outerHTML);
				})()""")).isEqualTo(List.of());
	}

	/**
	 * Its picture is the one in the README: a pool too small, and then large enough.
	 */
	@Test
	void theChartsOfAnExperimentStandBesideIt() {
		this.page.navigate(address + "/?seconds=30");
		this.page.locator("#experiment-too-small button.run").click();
		expect("#pool-name").hasText("experiment");
		expect("#experiment-cluster").isHidden();
		BoundingBox experiment = this.page.locator("#experiment-too-small").boundingBox();
		BoundingBox chart = this.page.locator("#chart-throughput").boundingBox();
		assertThat(chart.x).isGreaterThan(experiment.x + experiment.width);
		assertThat(chart.y).isLessThan(experiment.y + 500);
		expect("#experiment-too-small .row .unit").hasText("max-size as advised");
		// So that the charts have something of both sides.
		this.page.waitForTimeout(10_000);
		this.page.mouse().move(0, 0);
		this.page.evaluate("scrollTo(0, 0)");
		this.page.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOTS.resolve("pool-lab.png")));
		expect("#result[data-experiment=too-small][data-phase=DONE]").isVisible();
		expect("#experiment-cluster").isVisible();
	}

	@Test
	void aPoolThatSizesItselfGrowsAndSaysWhy() {
		this.page.navigate(address);
		this.page.locator("#experiment-self-sizing button.run").click();
		expect("#experiment-self-sizing .row .unit").hasText("max-size: auto");
		expect("#events li:has(.kind.size):has-text('Borrowers wait')").isVisible();
		// So that the charts have something of both loads.
		this.page.waitForFunction("document.querySelector('#experiment-self-sizing progress').value > .95");
		screenshot("self-sizing");
		expect("#result[data-experiment=self-sizing][data-phase=DONE]").isVisible();
		expect("#result").containsText("The last change went from ");
		screenshotsOfTheResult("light");
		this.page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
		screenshotsOfTheResult("dark");
	}

	private void screenshotsOfTheResult(String scheme) {
		for (int width : List.of(390, 1440)) {
			this.page.setViewportSize(width, 900);
			assertThat(this.page.evaluate("document.documentElement.scrollWidth")).isEqualTo(width);
			this.page.locator("#result")
				.screenshot(new Locator.ScreenshotOptions()
					.setPath(SCREENSHOTS.resolve("self-sizing-%s-%d.png".formatted(scheme, width))));
		}
	}

	@Test
	void everyControlHasAName() {
		assertThat(this.page.evaluate("""
				[...document.querySelectorAll("button, input, select, progress, ol[tabindex]")]
					.filter((control) => !control.labels?.length && !control.ariaLabel && !control.textContent.trim())
					.map((control) => control.outerHTML)""")).isEqualTo(List.of());
	}

	private void screenshot(String name) {
		this.page
			.screenshot(new Page.ScreenshotOptions().setFullPage(true).setPath(SCREENSHOTS.resolve(name + ".png")));
	}

	private LocatorAssertions expect(String selector) {
		return PlaywrightAssertions.assertThat(this.page.locator(selector).first());
	}

	/**
	 * The packaged application, in a process of its own.
	 */
	private static final class Application implements AutoCloseable {

		private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");

		private final Path log;

		private final Process process;

		Application(String name, String... arguments) throws IOException {
			this.log = Path.of("target", name + ".log");
			List<String> command = new ArrayList<>(
					List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar",
							System.getProperty("lab.jar"), "--server.port=0"));
			command.addAll(List.of(arguments));
			this.process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(this.log.toFile())
				.start();
		}

		/**
		 * Waits until it has started.
		 */
		String address() {
			Matcher port = Awaitility.await().atMost(2, TimeUnit.MINUTES).until(() -> {
				assertThat(this.process.isAlive()).as("The application ended: see %s", this.log).isTrue();
				return PORT.matcher(Files.readString(this.log));
			}, Matcher::find);
			return "http://127.0.0.1:" + port.group(1);
		}

		void signal(String name) throws IOException, InterruptedException {
			new ProcessBuilder("kill", "-" + name, String.valueOf(this.process.pid())).start().waitFor();
		}

		@Override
		public void close() {
			this.process.destroy();
			try {
				if (!this.process.waitFor(20, TimeUnit.SECONDS)) {
					this.process.destroyForcibly();
				}
			}
			catch (InterruptedException ex) {
				this.process.destroyForcibly();
				Thread.currentThread().interrupt();
			}
		}

	}

}
