// Element-wise maximum of arrays of one shape, one array after the other.
//
//     y = x,    or max(y, x);    dx = dy where x = y, else 0
//
// One thread a value. What is no number stays in the maximum, as NumPy has it.

#include "_common.cuh"

extern "C" __global__ void forward(const T* x, T* y, Index count, bool accumulate) {
    FOR_EACH(i, count) {
        const bool keeps = accumulate && !(wide(x[i]) > wide(y[i])) && !isnan(wide(x[i]));
        if (!keeps) y[i] = x[i];
    }
}

extern "C" __global__ void backward(const T* x, const T* y, const T* dy, T* dx, Index count, bool accumulate) {
    FOR_EACH(i, count) put(dx + i, wide(x[i]) == wide(y[i]) ? wide(dy[i]) : A(0), accumulate);
}
