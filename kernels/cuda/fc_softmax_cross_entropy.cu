// A fully connected layer of few outputs, softmax, cross entropy and the gradients of all of them, in one:
//
//     s[n, k] = b[k] + Σ_i x[n, i] · w[k, i],    p = softmax s,    loss as in softmax_cross_entropy.cu
//     dy[n, k] = coefficient · (p[n, k] − [k = label[n]]) / valid,    dx[n, i] = Σ_k dy[n, k] · w[k, i]
//
// where GATED says that x is the output of a ReLU, and that dx goes on through it.
//
// A block has a row, and a thread a run of its inputs with the weights that these meet, which it loads once. Rows that
// are not valid have no gradient. What rows have for the metrics is summed up by softmax_cross_entropy.cu.

#include "_cross_entropy.cuh"
#include "_some.cuh"

constexpr int RUN = sizeof(T) == 2 ? 8 : 4;  // what a thread has
constexpr int THREADS = (INPUTS / RUN + LANES - 1) / LANES * LANES;
static_assert(INPUTS % RUN == 0 && THREADS <= 1024 && K <= LANES, "a block has a row");

using Run = Pack<T, RUN>;

// Writes the row's scores, the sums of all threads; all threads of the block call it.
__device__ inline void add_up(const A (&own)[K], const T* biases, A* scores) {
    __shared__ A sums[THREADS / LANES][K];
    int lane = threadIdx.x % LANES;
#pragma unroll
    for (int k = 0; k < K; ++k) {
        A sum = warp_sum(own[k]);
        if (lane == 0) sums[threadIdx.x / LANES][k] = sum;
    }
    __syncthreads();
    if (threadIdx.x < K) {
        A sum = biases ? wide(biases[threadIdx.x]) : A(0);
        for (int warp = 0; warp < THREADS / LANES; ++warp) sum += sums[warp][threadIdx.x];
        scores[threadIdx.x] = sum;
    }
    __syncthreads();
}

// Turns scores into probabilities.
__device__ inline void softmax(const A* scores, A (&probabilities)[K]) {
    A largest = scores[0], sum = 0;
#pragma unroll
    for (int k = 1; k < K; ++k) largest = max(largest, scores[k]);
#pragma unroll
    for (int k = 0; k < K; ++k) sum += probabilities[k] = exp(scores[k] - largest);
#pragma unroll
    for (int k = 0; k < K; ++k) probabilities[k] /= sum;
}

extern "C" __global__ void __launch_bounds__(THREADS)
    forward_backward(const T* x, const T* weights, const T* biases, const int* labels, const Index* counters, T* dy,
                     T* dx, A* terms, Index rows, double coefficient) {
    __shared__ A scores[K];
    Index n = blockIdx.x;
    int first = threadIdx.x * RUN, label = labels[n];
    bool works = first < INPUTS, counts = n < valid_rows(counters, rows);
    Run inputs = {}, filters[K] = {};
    if (works) {
        inputs = load_some<RUN>(x + n * INPUTS + first, RUN);
#pragma unroll
        for (int k = 0; k < K; ++k) filters[k] = load_some<RUN>(weights + k * INPUTS + first, RUN);
    }
    A own[K] = {}, gradients[K];
#pragma unroll
    for (int k = 0; k < K; ++k)
#pragma unroll
        for (int v = 0; v < RUN; ++v) own[k] += wide(inputs.values[v]) * wide(filters[k].values[v]);
    add_up(own, biases, scores);
    softmax(scores, gradients);
    A share = A(coefficient) / counters[control::VALID], likelihood = 0;
#pragma unroll
    for (int k = 0; k < K; ++k) {
        if (k == label) likelihood = gradients[k];
        gradients[k] = counts ? (gradients[k] - A(k == label)) * share : A(0);
        if (threadIdx.x == k) dy[n * K + k] = narrow<T>(gradients[k]);
    }
    if (counts && threadIdx.x < LANES) put_terms(scores, label, likelihood, terms, n, rows);
    if (!works) return;
    Run results;
#pragma unroll
    for (int v = 0; v < RUN; ++v) {
        A sum = 0;
#pragma unroll
        for (int k = 0; k < K; ++k) sum += gradients[k] * wide(filters[k].values[v]);
        results.values[v] = narrow<T>(GATED && !(wide(inputs.values[v]) > 0) ? A(0) : sum);
    }
    store_some<RUN>(dx + n * INPUTS + first, results, RUN);
}
