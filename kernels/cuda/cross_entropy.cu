// Cross entropy of N rows of K probabilities: the sums of −log p[label], of errors and of examples.
//
// Source: cuda-convnet, cost layer cost.logreg; the treatment of zeros is in kernels/cpu/cross_entropy.py.
// Forward is one block: each warp takes every 32nd row, each lane every 32nd probability of it.

#include "_cross_entropy.cuh"

extern "C" __global__ void forward(const T* probabilities, const int* labels, double* metrics, Index* counters,
                                   Index rows) {
    Index valid = valid_rows(counters, rows);
    Sums sums;
    for (Index n = threadIdx.x / LANES; n < valid; n += WARPS) {
        const T* row = probabilities + n * K;
        sums.add(row, labels[n], wide(row[labels[n]]));
    }
    sums.keep(metrics, counters, valid);
}

// A thread has one of the gradients, of which all but one of a row are 0.
extern "C" __global__ void backward(const T* probabilities, const int* labels, const Index* counters,
                                    T* dprobabilities, Index rows, double coefficient, bool accumulate) {
    Index valid = valid_rows(counters, rows);
    A share = A(coefficient) / counters[control::VALID];
    FOR_EACH(i, rows * K) {
        Index n = i / K;
        bool is_label = n < valid && labels[n] == i % K;
        put(dprobabilities + i, is_label ? -share / likely(wide(probabilities[i])) : A(0), accumulate);
    }
}
