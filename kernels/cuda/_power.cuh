// Powers of numbers above 0, as exact as T is.
//
// Source: PTX ISA, lg2.approx and ex2.approx; no denormal number is asked for.

#include "_common.cuh"

__device__ inline A to_power(A x, A power) {
    if constexpr (sizeof(T) == 2) {
        float result;
        asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"((float)x));
        result *= power;
        asm("ex2.approx.ftz.f32 %0, %0;" : "+f"(result));
        return result;
    }
    return pow(x, power);
}
