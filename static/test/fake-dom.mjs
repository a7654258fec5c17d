// As much of a browser as loading the pages' modules needs.
Object.assign(globalThis, {
  HTMLElement: class {},
  customElements: { define() {} },
  document: { createElement: () => ({ append() {}, setAttribute() {} }), addEventListener() {} },
  location: new URL('http://hub.test/'),
  sessionStorage: { getItem: () => null, setItem() {} },
});
