// Sum of squares as a cost.
//
//     loss = Σ x² over the valid rows,    dx = 2 · coefficient · x / valid
//
// x, dx (ROWS, SIZE). The loss is made by one block, so that one thread may add it to the metrics; the gradient
// with one thread a value.

#include "_common.cuh"

extern "C" __global__ void forward(const T* x, Index* counters, double* metrics) {
    const Index valid = valid_rows(counters, ROWS);
    double sum = 0;
    for (Index i = threadIdx.x; i < valid * SIZE; i += blockDim.x) sum += double(wide(x[i])) * wide(x[i]);
    sum = block_sum(sum);
    if (threadIdx.x == 0) add_sums(metrics, counters, sum, 0, valid);
}

extern "C" __global__ void backward(
    const T* x, const Index* counters, T* dx, double coefficient, Index count, bool accumulate
) {
    const Index end = valid_rows(counters, ROWS) * SIZE;
    const A factor = A(2 * coefficient / counters[control::VALID]);
    FOR_EACH(i, count) {
        if (i < end) put(dx + i, factor * wide(x[i]), accumulate);
        else if (!accumulate) dx[i] = narrow<T>(A(0));
    }
}
