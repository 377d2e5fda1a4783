// Binary cross entropy: each unit says yes or no.
//
//     loss = −Σ_nk (w · t · log p + (1 − t) · log(1 − p)),    dp = coefficient · ((1 − t) / (1 − p) − w · t / p) / valid
//
// over the valid rows, w = positive_weight. Probabilities and targets (ROWS, K). The loss is made by one block, so
// that one thread may add it to the metrics; the sums by class with one thread a class; the gradient with one
// thread a value. P is the type of the probabilities and of their gradient.

#include "_common.cuh"
#include "_positive.cuh"

using P = PROBABILITY;

extern "C" __global__ void forward(
    const P* probabilities, const T* targets, Index* counters, double* metrics, double positive_weight
) {
    const Index valid = valid_rows(counters, ROWS);
    double loss = 0, wrong = 0;
    for (Index i = threadIdx.x; i < valid * K; i += blockDim.x) {
        const A p = wide(probabilities[i]), t = wide(targets[i]);
        loss -= A(positive_weight) * t * log(positive(p)) + (1 - t) * log(positive(1 - p));
        wrong += (p >= A(0.5)) != (t >= A(0.5));
    }
    loss = block_sum(loss);
    wrong = block_sum(wrong);
    if (threadIdx.x == 0) add_sums(metrics, counters, loss, wrong / K, valid);
}

// Counts for each class the units that say yes rightly, those that say yes, and those that should.
extern "C" __global__ void count_by_class(
    const P* probabilities, const T* targets, const Index* counters, double* metrics
) {
    const Index valid = valid_rows(counters, ROWS);
    double* counts = metrics + control::METRICS;
    FOR_EACH(k, K) {
        Index rightly = 0, yes = 0, wanted = 0;
        for (Index row = 0; row < valid; ++row) {
            const bool says = wide(probabilities[row * K + k]) >= A(0.5), should = wide(targets[row * K + k]) >= A(0.5);
            rightly += says && should;
            yes += says;
            wanted += should;
        }
        counts[k] += rightly;
        counts[K + k] += yes;
        counts[2 * K + k] += wanted;
    }
}

extern "C" __global__ void backward(
    const P* probabilities, const T* targets, const Index* counters, P* dprobabilities, double coefficient,
    double positive_weight, bool accumulate
) {
    const Index end = valid_rows(counters, ROWS) * K;
    const A factor = A(coefficient / counters[control::VALID]);
    FOR_EACH(i, (Index)ROWS * K) {
        const A p = wide(probabilities[i]), t = wide(targets[i]);
        const A slope = (1 - t) / positive(1 - p) - A(positive_weight) * t / positive(p);
        if (i < end) put(dprobabilities + i, slope * factor, accumulate);
        else if (!accumulate) dprobabilities[i] = narrow<P>(A(0));
    }
}
