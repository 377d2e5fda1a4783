// Softmax followed by cross entropy, with p = softmax x:
//
//     loss = coefficient · mean_n −log p[n, label[n]],    dx[n, k] = coefficient · (p[n, k] − [k = label[n]]) / valid
//
// Source: cuda-convnet, computeLogregSoftmaxGrad.
// Rows that are not valid have no gradient. `backward` takes p, and a thread has one value. `forward_backward`
// takes x, and a warp has a row; what rows have for the metrics `keep` sums up, in one block.

#include "_cross_entropy.cuh"

extern "C" __global__ void backward(const A* probabilities, const int* labels, const Index* counters, T* dx,
                                    Index rows, double coefficient, bool accumulate) {
    Index valid = valid_rows(counters, rows);
    A share = A(coefficient) / counters[control::VALID];
    FOR_EACH(i, rows * K) {
        Index n = i / K;
        A gradient = n < valid ? (probabilities[i] - A(labels[n] == i % K)) * share : A(0);
        put(dx + i, gradient, accumulate);
    }
}

// Writes the gradients of a row, and what it has for the metrics to column n of `terms` (3, rows).
__device__ inline void do_row(const T* inputs, T* gradients, int label, A share, A* terms, Index n, Index rows) {
    int lane = threadIdx.x % LANES;
    A largest = wide(inputs[0]), sum = 0;
    for (int k = lane; k < K; k += LANES) largest = max(largest, wide(inputs[k]));
    largest = warp_max(largest);
    for (int k = lane; k < K; k += LANES) sum += exp(wide(inputs[k]) - largest);
    sum = warp_sum(sum);
    for (int k = lane; k < K; k += LANES)
        gradients[k] = narrow<T>((exp(wide(inputs[k]) - largest) / sum - A(label == k)) * share);
    put_terms(inputs, label, exp(wide(inputs[label]) - largest) / sum, terms, n, rows);
}

extern "C" __global__ void forward_backward(const T* x, const int* labels, const Index* counters, T* dx, A* terms,
                                            Index rows, double coefficient) {
    Index valid = valid_rows(counters, rows);
    A share = A(coefficient) / counters[control::VALID];
    FOR_EACH(i, rows * LANES) {
        Index n = i / LANES;
        if (n < valid)
            do_row(x + n * K, dx + n * K, labels[n], share, terms, n, rows);
        else
            for (int k = threadIdx.x % LANES; k < K; k += LANES) dx[n * K + k] = narrow<T>(A(0));
    }
}

extern "C" __global__ void keep(const A* terms, double* metrics, Index* counters, Index rows) {
    Index valid = valid_rows(counters, rows);
    Sums sums;
    for (Index n = threadIdx.x; n < valid; n += LANES * WARPS) {
        sums.loss += terms[n];
        sums.errors += terms[rows + n];
        if (TOP > 1) sums.top_errors += terms[2 * rows + n];
    }
    sums.keep(metrics, counters, valid);
}
