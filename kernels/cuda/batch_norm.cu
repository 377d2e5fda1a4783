// Batch normalisation: each map gets mean 0 and variance 1 over the batch, then a gain and a bias.
//
//     x̂ = (x − mean) · r,    r = 1 / √(variance + epsilon),    y = gain · x̂ + bias
//     dx = gain · r · (dy − mean dy − x̂ · mean(dy · x̂))
//
// x, y, dy, dx are matrices of ROWS · PIXELS × C of which the rows of valid examples count.
//
// A block has 32 channels, one a lane, and one of GROUPS groups of rows, shared out over its 8 warps. Sums over
// all rows are made in two kernels: each group writes its own to partials (2, GROUPS, C), and whoever needs
// them adds those up in their order. The mean comes before the variance, so that nothing cancels.

#include "_common.cuh"

constexpr int WARPS = 8;

// Calls `work` for the rows of this block's group that this warp has, up to before `rows`.
template <typename Work>
__device__ void each_row(Index rows, Work work) {
    for (Index row = blockIdx.y * WARPS + threadIdx.x / 32; row < rows; row += GROUPS * WARPS) work(row);
}

// Writes the sum over this block's warps to the group's place in `partials`.
__device__ void write_partial(A sum, A* partials, int c) {
    __shared__ A sums[WARPS][32];
    __syncthreads();
    sums[threadIdx.x / 32][threadIdx.x % 32] = sum;
    __syncthreads();
    if (threadIdx.x >= 32 || c >= C) return;
    for (int warp = 1; warp < WARPS; ++warp) sum += sums[warp][threadIdx.x];
    partials[(Index)blockIdx.y * C + c] = sum;
}

// Returns the sum of all groups.
__device__ A whole(const A* partials, int c) {
    A sum = 0;
    for (int group = 0; group < GROUPS; ++group) sum += partials[(Index)group * C + c];
    return sum;
}

__device__ inline int channel() { return blockIdx.x * 32 + threadIdx.x % 32; }

extern "C" __global__ void sum_up(const T* x, const Index* counters, A* partials) {
    const int c = channel();
    A sum = 0;
    if (c < C) each_row(valid_rows(counters, ROWS) * PIXELS, [&](Index row) { sum += wide(x[row * C + c]); });
    write_partial(sum, partials, c);
}

extern "C" __global__ void sum_up_squares(const T* x, const Index* counters, A* partials) {
    const int c = channel();
    const Index count = valid_rows(counters, ROWS) * PIXELS;
    A sum = 0;
    if (c < C && count) {
        const A mean = whole(partials, c) / count;
        each_row(count, [&](Index row) {
            const A distance = wide(x[row * C + c]) - mean;
            sum += distance * distance;
        });
    }
    write_partial(sum, partials + GROUPS * C, c);
}

extern "C" __global__ void normalise(
    const T* x, const T* weights, const T* biases, const Index* counters, const A* partials, T* y, A* means,
    A* scales, A* average_means, A* average_variances, double epsilon, double share
) {
    const int c = channel();
    if (c >= C) return;
    const Index count = valid_rows(counters, ROWS) * PIXELS;
    if (!count) {
        each_row((Index)ROWS * PIXELS, [&](Index row) { y[row * C + c] = narrow<T>(A(0)); });
        return;
    }
    const A mean = whole(partials, c) / count, variance = whole(partials + GROUPS * C, c) / count;
    const A scale = 1 / sqrt(variance + A(epsilon)), slope = scale * wide(weights[c]), bias = wide(biases[c]);
    each_row((Index)ROWS * PIXELS, [&](Index row) {
        y[row * C + c] = narrow<T>((wide(x[row * C + c]) - mean) * slope + bias);
    });
    if (blockIdx.y || threadIdx.x >= 32) return;
    means[c] = mean;
    scales[c] = scale;
    if (counters[control::FIRST_BAD_STEP] != control::NO_BAD_STEP) return;
    const A unbiased = variance * (A(count) / A(count > 1 ? count - 1 : 1));
    average_means[c] += A(share) * (mean - average_means[c]);
    average_variances[c] += A(share) * (unbiased - average_variances[c]);
}

extern "C" __global__ void evaluate(
    const T* x, const T* weights, const T* biases, const A* average_means, const A* average_variances, T* y,
    double epsilon, Index count
) {
    FOR_EACH(i, count) {
        const int c = int(i % C);
        const A slope = wide(weights[c]) / sqrt(average_variances[c] + A(epsilon));
        y[i] = narrow<T>((wide(x[i]) - average_means[c]) * slope + wide(biases[c]));
    }
}

// Sums up dy and dy · x̂.
extern "C" __global__ void sum_up_gradients(
    const T* x, const A* means, const A* scales, const T* dy, const Index* counters, A* partials
) {
    const int c = channel();
    A of_biases = 0, of_gains = 0;
    if (c < C) {
        const A mean = means[c], scale = scales[c];
        each_row(valid_rows(counters, ROWS) * PIXELS, [&](Index row) {
            const A gradient = wide(dy[row * C + c]);
            of_biases += gradient;
            of_gains += gradient * (wide(x[row * C + c]) - mean) * scale;
        });
    }
    write_partial(of_biases, partials, c);
    write_partial(of_gains, partials + GROUPS * C, c);
}

extern "C" __global__ void backward_data(
    const T* x, const T* weights, const A* means, const A* scales, const T* dy, const Index* counters,
    const A* partials, T* dx, bool accumulate
) {
    const int c = channel();
    if (c >= C) return;
    const Index count = valid_rows(counters, ROWS) * PIXELS;
    A mean = 0, scale = 0, factor = 0, level = 0, slope = 0;
    if (count) {
        mean = means[c], scale = scales[c], factor = wide(weights[c]) * scale;
        level = whole(partials, c) / count, slope = whole(partials + GROUPS * C, c) / count;
    }
    each_row((Index)ROWS * PIXELS, [&](Index row) {
        const Index i = row * C + c;
        const A normalised = (wide(x[i]) - mean) * scale;
        if (row < count) put(dx + i, factor * (wide(dy[i]) - level - normalised * slope), accumulate);
        else if (!accumulate) dx[i] = narrow<T>(A(0));
    });
}

extern "C" __global__ void backward_weights(const A* partials, A* dweights, bool accumulate) {
    FOR_EACH(c, C) put(dweights + c, whole(partials + GROUPS * C, int(c)), accumulate);
}
