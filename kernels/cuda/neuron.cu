// Neurons: functions that act on each value alone. NEURON is the name of one; see kernels/cpu/neuron.py.
//
// A thread has V values at once. y may be x and dx may be dy.

#include "_pictures.cuh"

// A value that is not a number stays so: a comparison is false for it, and fmax would hide it.
namespace functions {
__device__ inline A relu(A x, A, A) { return x <= 0 ? A(0) : x; }
__device__ inline A leaky_relu(A x, A a, A) { return x <= 0 ? a * x : x; }
__device__ inline A brelu(A x, A a, A) { return x <= 0 ? A(0) : x >= a ? a : x; }
__device__ inline A tanh(A x, A a, A b) { return a * ::tanh(b * x); }
__device__ inline A logistic(A x, A, A) { return 1 / (1 + exp(-x)); }
__device__ inline A softrelu(A x, A, A) { return (x <= 0 ? A(0) : x) + log1p(exp(-fabs(x))); }
__device__ inline A sqrt(A x, A, A) { return ::sqrt(x); }
__device__ inline A log(A x, A a, A) { return ::log(a + x); }
__device__ inline A linear(A x, A a, A b) { return a * x + b; }
__device__ inline A abs(A x, A, A) { return fabs(x); }
__device__ inline A square(A x, A, A) { return x * x; }
__device__ inline A drelu(A x, A a, A) { return x - a * ::tanh(x / a); }
__device__ inline A silu(A x, A, A) { return x * logistic(x, 0, 0); }

constexpr A SCALE = 0.79788456080286535588, CUBE = 0.044715;  // √(2/π) and the factor of x³
__device__ inline A gelu_tanh(A x) { return ::tanh(SCALE * (x + CUBE * x * x * x)); }
__device__ inline A gelu(A x, A, A) { return x / 2 * (1 + gelu_tanh(x)); }
}  // namespace functions

// dy/dx of the output y.
namespace slopes {
__device__ inline A relu(A y, A, A) { return y > 0 ? A(1) : A(0); }
__device__ inline A leaky_relu(A y, A a, A) { return y > 0 ? A(1) : a; }
__device__ inline A brelu(A y, A a, A) { return y > 0 && y < a ? A(1) : A(0); }
__device__ inline A tanh(A y, A a, A b) { return b * a - y * y * (b / a); }
__device__ inline A logistic(A y, A, A) { return y * (1 - y); }
__device__ inline A softrelu(A y, A, A) { return -expm1(-y); }
__device__ inline A sqrt(A y, A, A) { return 1 / (2 * y); }
__device__ inline A log(A y, A, A) { return exp(-y); }
__device__ inline A linear(A, A a, A) { return a; }
}  // namespace slopes

// dy/dx of the input x.
namespace slopes_from_input {
__device__ inline A abs(A x, A, A) { return x > 0 ? A(1) : x < 0 ? A(-1) : A(0); }
__device__ inline A square(A x, A, A) { return 2 * x; }
__device__ inline A drelu(A x, A a, A) { return ::tanh(x / a) * ::tanh(x / a); }
__device__ inline A silu(A x, A, A) {
    A share = functions::logistic(x, 0, 0);
    return share * (1 + x * (1 - share));
}
__device__ inline A gelu(A x, A, A) {
    A t = functions::gelu_tanh(x), slope = functions::SCALE * (1 + 3 * functions::CUBE * x * x);
    return (1 + t) / 2 + x / 2 * (1 - t * t) * slope;
}
}  // namespace slopes_from_input

#ifdef SLOPES
extern "C" __global__ void backward(const T* values, const T* dy, T* dx, Index groups, double a, double b, bool accumulate) {
    FOR_EACH(i, groups) {
        Group value = pack_at(values, i * V), gradient = pack_at(dy, i * V);
        A results[V];
#pragma unroll
        for (int v = 0; v < V; ++v)
            results[v] = wide(gradient.values[v]) * SLOPES::NEURON(wide(value.values[v]), A(a), A(b));
        put_pack(dx + i * V, results, accumulate);
    }
}
#else
extern "C" __global__ void forward(const T* x, T* y, Index groups, double a, double b) {
    FOR_EACH(i, groups) {
        Group value = pack_at(x, i * V);
        A results[V];
#pragma unroll
        for (int v = 0; v < V; ++v) results[v] = functions::NEURON(wide(value.values[v]), A(a), A(b));
        put_pack(y + i * V, results, false);
    }
}
#endif
