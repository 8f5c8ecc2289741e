declare module "fft.js" {
  /** A transform of one size, a power of two; complex numbers lie side by side: re, im, re, im, … */
  export default class FFT {
    constructor(size: number);
    /** Writes the transform of `size` complex numbers to `out`. */
    transform(out: Float64Array, data: Float64Array): void;
    /** Writes the inverse transform, divided by `size`. */
    inverseTransform(out: Float64Array, data: Float64Array): void;
  }
}
