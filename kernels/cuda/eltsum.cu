// Weighted sum of arrays of one shape, one array after the other.
//
//     to = coefficient · from,    or to + coefficient · from
//
// One thread a value. The gradient is the same, with dy for x. The arrays may be one.

#include "_common.cuh"

extern "C" __global__ void scale(const T* from, T* to, double coefficient, Index count, bool accumulate) {
    FOR_EACH(i, count) put(to + i, A(coefficient) * wide(from[i]), accumulate);
}
