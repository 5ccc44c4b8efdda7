// Plain JavaScript, so that an old Node gets as far as the message. Used as: node --import ./scripts/require-node.js …
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `millrace's sources need Node 22.18 or newer; this is v${process.versions.node}.\n` +
      "Run `npm ci` (without --ignore-scripts): it brings Node 24 for all npm scripts. Or install Node 24: https://nodejs.org",
  );
  process.exit(1);
}
