// Probabilities that rounding may have made zero.

// The probability, or where it is zero the smallest normal number of its type.
__device__ inline A positive(A probability) {
    return fmax(probability, A(sizeof(A) == 8 ? 2.2250738585072014e-308 : 1.17549435e-38));
}
