// Cross entropy with targets that are probabilities themselves.
//
//     loss = −Σ_nk t · log p,    dp = −coefficient · t / (valid · p)    over the valid rows
//
// Probabilities and targets (ROWS, K). The loss is made by one block, a warp a row at a time, so that one thread may
// add it to the metrics; the gradient with one thread a value. P is the type of the probabilities and of their
// gradient.

#include "_common.cuh"
#include "_positive.cuh"

using P = PROBABILITY;

// The largest value that was seen, and where it is first.
struct Largest {
    A value;
    int place;

    __device__ void see(A other, int where) {
        if (place < 0 || other > value || (other == value && where < place)) value = other, place = where;
    }

    // Returns the place of the largest of the warp.
    __device__ int of_warp() {
        for (int lanes = 16; lanes; lanes /= 2) {
            const A other = __shfl_xor_sync(~0u, value, lanes);
            const int where = __shfl_xor_sync(~0u, place, lanes);
            if (where >= 0) see(other, where);
        }
        return place;
    }
};

extern "C" __global__ void forward(const P* probabilities, const T* targets, Index* counters, double* metrics) {
    const Index valid = valid_rows(counters, ROWS);
    double loss = 0, errors = 0;
    for (Index row = threadIdx.x / 32; row < valid; row += blockDim.x / 32) {
        Largest answer = {0, -1}, target = {0, -1};
        for (int k = threadIdx.x % 32; k < K; k += 32) {
            const A p = wide(probabilities[row * K + k]), t = wide(targets[row * K + k]);
            loss -= t * log(positive(p));
            answer.see(p, k);
            target.see(t, k);
        }
        const bool wrong = answer.of_warp() != target.of_warp();
        errors += wrong && threadIdx.x % 32 == 0;
    }
    loss = block_sum(loss);
    errors = block_sum(errors);
    if (threadIdx.x == 0) add_sums(metrics, counters, loss, errors, valid);
}

extern "C" __global__ void backward(
    const P* probabilities, const T* targets, const Index* counters, P* dprobabilities, double coefficient,
    bool accumulate
) {
    const Index end = valid_rows(counters, ROWS) * K;
    const A factor = A(-coefficient / counters[control::VALID]);
    FOR_EACH(i, (Index)ROWS * K) {
        if (i < end) put(dprobabilities + i, factor * wide(targets[i]) / positive(wide(probabilities[i])), accumulate);
        else if (!accumulate) dprobabilities[i] = narrow<P>(A(0));
    }
}
