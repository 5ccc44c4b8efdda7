let lastResidentBytes = 0;

/** Memory of this process. To find it out takes a file descriptor: where none is left, what it was the last time. */
export function residentBytes(): number {
  try {
    lastResidentBytes = process.memoryUsage.rss();
  } catch {
    // A process that has too many connections must not end for that.
  }
  return lastResidentBytes;
}
