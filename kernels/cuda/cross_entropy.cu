// Cross entropy of N rows of K probabilities: the sums of −log p[label], of errors and of examples.
//
// Source: cuda-convnet, cost layer cost.logreg; the treatment of zeros is in kernels/cpu/cross_entropy.py.
// Forward is one block: each warp takes every 32nd row, each lane every 32nd probability of it. So sums have one order.

#include "_common.cuh"

constexpr int LANES = 32, WARPS = 32;
constexpr A TINY = sizeof(A) == 4 ? A(1.17549435e-38) : A(2.2250738585072014e-308);

// The probability of the label, and how many classes lie before it: more probable ones, and, if `ties` count,
// equally probable ones of lower number.
__device__ inline Index before_label(const T* row, int label, bool ties) {
    A likelihood = wide(row[label]);
    int before = 0;
    for (int k = threadIdx.x % LANES; k < K; k += LANES)
        before += wide(row[k]) > likelihood || (ties && wide(row[k]) == likelihood && k < label);
    return warp_sum(before);
}

extern "C" __global__ void forward(const T* probabilities, const int* labels, double* metrics, Index* counters,
                                   Index rows) {
    Index valid = valid_rows(counters, rows);
    double loss = 0, errors = 0, top_errors = 0;
    for (Index n = threadIdx.x / LANES; n < valid; n += WARPS) {
        const T* row = probabilities + n * K;
        A likelihood = wide(row[labels[n]]);
        loss -= log((double)(likelihood < TINY ? TINY : likelihood));
        errors += before_label(row, labels[n], true) > 0;
        if (TOP > 1) top_errors += before_label(row, labels[n], false) >= TOP;
    }
    bool speaks = threadIdx.x % LANES == 0;  // all lanes of a warp hold the same sums
    loss = block_sum(speaks ? loss : 0.0);
    errors = block_sum(speaks ? errors : 0.0);
    top_errors = block_sum(speaks ? top_errors : 0.0);
    if (threadIdx.x) return;
    add_sums(metrics, counters, loss, errors, valid);
    if (TOP > 1) metrics[control::METRICS] += top_errors;
}

// A thread has one of the gradients, of which all but one of a row are 0.
extern "C" __global__ void backward(const T* probabilities, const int* labels, const Index* counters,
                                    T* dprobabilities, Index rows, double coefficient, bool accumulate) {
    Index valid = valid_rows(counters, rows);
    A share = A(coefficient) / counters[control::VALID];
    FOR_EACH(i, rows * K) {
        Index n = i / K;
        A gradient = 0;
        if (n < valid && labels[n] == i % K) {
            A likelihood = wide(probabilities[i]);
            gradient = -share / (likelihood < TINY ? TINY : likelihood);
        }
        put(dprobabilities + i, gradient, accumulate);
    }
}
