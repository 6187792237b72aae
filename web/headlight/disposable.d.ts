// What the types need of lib.esnext.disposable, which TypeScript has from 5.2 on; together with it they
// are the same ones.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}
export type Scoped = Disposable;
