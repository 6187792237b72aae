// Chromium, Firefox and WebKit behind one small interface, for what has to be tried in all three.
import { start as puppeteer } from "./puppeteer.js";
import { start as webdriver } from "./webkit.js";

/** @typedef {"chromium" | "firefox" | "webkit"} Name */
/** @typedef {{ width: number, height: number, theme: "light" | "dark", touch: boolean }} Window */
/**
 * @typedef {object} Browser
 * @property {(url: string, window: Window) => Promise<Tab>} open a page with nothing remembered, once
 *   the one before is closed
 * @property {() => Promise<void>} close
 */
/**
 * @typedef {object} Tab
 * @property {() => Promise<string[]>} faults console errors, exceptions, policy violations, requests
 *   to another origin
 * @property {<A extends unknown[], R>(run: (...args: A) => R, ...args: A) => Promise<Awaited<R>>} evaluate
 *   runs in the page; run stands alone, arguments and result are JSON
 * @property {(point: Point, times?: number) => Promise<void>} click
 * @property {(point: Point) => Promise<void>} tap
 * @property {boolean} touches whether a tap is a real one, and not its events dispatched
 * @property {(from: Point, to: Point) => Promise<void>} drag by mouse
 * @property {(text: string) => Promise<void>} type into what has the focus
 * @property {(key: string, ...held: string[]) => Promise<void>} key a character, or Enter, Tab, Shift …
 * @property {() => Promise<Uint8Array>} screenshot PNG of the window
 * @property {() => Promise<void>} close
 */
/** @typedef {{ x: number, y: number }} Point in CSS pixels of the window */

/** @type {Name[]} */
export const NAMES = ["chromium", "firefox", "webkit"];

/** What it takes starts as pages are opened. @param {Name} name
 * @param {import("../started.js").Deadline} [deadline] of each start @returns {Browser} */
export function start(name, deadline) {
  return name === "webkit" ? webdriver(deadline) : puppeteer(name, deadline);
}
