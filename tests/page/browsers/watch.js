// Runs in the page before its own scripts, where a browser's driver does not tell what goes wrong.
{
  /** @type {string[]} */
  const faults = [];
  Object.assign(globalThis, { faults });
  for (const level of /** @type {const} */ (["error", "warn"])) {
    const usual = console[level];
    console[level] = (...args) => {
      faults.push(args.map(String).join(" "));
      usual.apply(console, args);
    };
  }
  addEventListener(
    "error",
    ({ message, target }) => {
      const url = target instanceof Element ? target.getAttribute("src") : undefined;
      faults.push(url ? `did not load ${url}` : message);
    },
    true,
  );
  addEventListener("unhandledrejection", ({ reason }) => faults.push(String(reason)));
  addEventListener("securitypolicyviolation", (event) => {
    faults.push(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
  });
}
