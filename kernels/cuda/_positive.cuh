// Probabilities that rounding may have made zero.

// The probability, or where it is zero the smallest normal number of its type. What is no number stays so.
__device__ inline A positive(A probability) {
    const A tiny = sizeof(A) == 8 ? 2.2250738585072014e-308 : 1.17549435e-38;
    return probability < tiny ? tiny : probability;
}
