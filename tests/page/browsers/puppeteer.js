// Chromium by its own protocol, Firefox by WebDriver BiDi; both through puppeteer.
import { launch } from "../browser.js";

/** @typedef {import("./index.js").Window} Window */

/** @param {"chromium" | "firefox"} name @param {import("../started.js").Deadline} [deadline]
 * @returns {import("./index.js").Browser} */
export function start(name, deadline) {
  /** Firefox has its theme from the start. @type {Map<string, import("puppeteer-core").Browser>} */
  const running = new Map();
  /** @param {Window["theme"]} theme */
  const browser = async (theme) => {
    const key = name === "firefox" ? theme : "any";
    const ready = running.get(key) ?? (await launch({ browser: name, theme, deadline }));
    running.set(key, ready);
    return ready;
  };
  return {
    open: async (url, window) => open(await browser(window.theme), name, url, window),
    close: async () => {
      for (const each of running.values()) await each.close();
    },
  };
}

/** @param {import("puppeteer-core").Browser} browser @param {"chromium" | "firefox"} name
 * @param {string} url @param {Window} window @returns {Promise<import("./index.js").Tab>} */
async function open(browser, name, url, { width, height, theme, touch }) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  const { origin } = new URL(url);
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    const asked = request.url();
    if (!/^(data|blob):/.test(asked) && new URL(asked).origin !== origin)
      faults.push(`asked for ${asked}`);
  });
  await page.evaluateOnNewDocument(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  if (name === "chromium") {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    await page.setViewport({ width, height, hasTouch: touch, isMobile: touch });
  } else {
    await page.setViewport({ width, height });
  }
  await page.goto(url);
  return {
    faults: async () => faults,
    // As one text: Firefox would describe each number and each text of the result by itself.
    evaluate: async (run, ...args) => {
      const call = `(${run})(...${JSON.stringify(args)})`;
      const result = await page.evaluate(`(async () => JSON.stringify(await ${call}))()`);
      return typeof result === "string" ? JSON.parse(result) : undefined;
    },
    click: ({ x, y }, count = 1) => page.mouse.click(x, y, { count }),
    touches: true,
    tap: ({ x, y }) => page.touchscreen.tap(x, y),
    drag: async (from, to) => {
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(to.x, to.y);
      await page.mouse.up();
    },
    type: (text) => page.keyboard.type(text),
    key: async (key, ...held) => {
      const names = /** @type {import("puppeteer-core").KeyInput[]} */ (held);
      for (const each of names) await page.keyboard.down(each);
      await page.keyboard.press(/** @type {import("puppeteer-core").KeyInput} */ (key));
      for (const each of names) await page.keyboard.up(each);
    },
    screenshot: () => page.screenshot(),
    close: () => context.close(),
  };
}
