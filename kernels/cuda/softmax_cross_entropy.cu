// The gradient of softmax followed by cross entropy: dx[n, k] = coefficient · (p[n, k] − [k = label[n]]) / valid.
//
// Source: cuda-convnet, computeLogregSoftmaxGrad.
// A thread has one value. Rows that are not valid have no gradient.

#include "_common.cuh"

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
