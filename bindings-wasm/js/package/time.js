// The host's time in two halves of 32 bits, as it crosses over.

const HALF = 2 ** 32;
const LATE = Number.MAX_SAFE_INTEGER;

/** The time by a clock; what is no moment is late, so that what expires has expired. */
export function moment(clock) {
  const now = clock();
  return typeof now === "number" && now >= 0 && now <= LATE ? Math.floor(now) : LATE;
}

export const high = (now) => Math.floor(now / HALF);
export const low = (now) => now % HALF;
