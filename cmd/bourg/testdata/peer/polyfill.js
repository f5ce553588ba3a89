// Fedify 1.10 is written for Node 22; Node 20 lacks these two. This module is imported before Fedify.
ArrayBuffer.prototype.transfer ??= function (length = this.byteLength) {
  const moved = new ArrayBuffer(length);
  new Uint8Array(moved).set(new Uint8Array(this).subarray(0, length));
  return moved;
};
globalThis.navigator ??= { userAgent: `Node.js/${process.versions.node}` };
