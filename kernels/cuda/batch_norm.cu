// Batch normalisation: each map gets mean 0 and variance 1 over the batch, then a gain and a bias.
//
//     x̂ = (x − mean) · r,    r = 1 / √(variance + epsilon),    y = gain · x̂ + bias
//     dx = gain · r · (dy − mean dy − x̂ · mean(dy · x̂))
//
// x, y, dy, dx are matrices of ROWS · PIXELS × C of which the rows of valid examples count.
//
// A thread has V channels. A block has LANES of them beside one another, HEIGHT rows below one another, and one of
// GROUPS groups of rows. Sums over all rows are made in two kernels: each group writes its own to ``partials``
// (GROUPS, C), and a warp a channel adds those up, in one order. Variances are summed up as distances from a pivot,
// the group's first value, so that little cancels, and joined as by Chan, Golub and LeVeque 1979.

#include "_pictures.cuh"

constexpr int THREADS = 256, HEIGHT = THREADS / LANES, WIDTH = LANES * V;

__device__ inline int line() { return threadIdx.x / LANES; }
__device__ inline int channel() { return (blockIdx.x * LANES + threadIdx.x % LANES) * V; }

// Calls `work` with the place of each pack that this thread has, of the rows up to before `rows`.
template <typename Work>
__device__ void each_pack(Index rows, Work work) {
    if (line() >= HEIGHT || channel() >= C) return;
    for (Index row = (Index)blockIdx.y * HEIGHT + line(); row < rows; row += GROUPS * HEIGHT)
        work(row * C + channel());
}

// How many of `rows` a group has.
__device__ inline Index rows_of(int group, Index rows) {
    Index round = GROUPS * HEIGHT, rest = rows % round - (Index)group * HEIGHT;
    return rows / round * HEIGHT + (rest < 0 ? 0 : min(rest, (Index)HEIGHT));
}

// Writes the sums of this block's threads to the group's place in `partials`.
__device__ void write_partials(const A (&sums)[V], A* partials) {
    __shared__ A all[HEIGHT * WIDTH];
    __syncthreads();
    for (int v = 0; v < V && line() < HEIGHT; ++v) all[line() * WIDTH + threadIdx.x % LANES * V + v] = sums[v];
    __syncthreads();
    for (int k = threadIdx.x; k < WIDTH && blockIdx.x * WIDTH + k < C; k += THREADS) {
        A sum = 0;
        for (int other = 0; other < HEIGHT; ++other) sum += all[other * WIDTH + k];
        partials[(Index)blockIdx.y * C + blockIdx.x * WIDTH + k] = sum;
    }
}

// The channel of this warp.
__device__ inline Index channel_of_warp() { return (blockIdx.x * (Index)blockDim.x + threadIdx.x) / 32; }

// Returns the sum of all groups, to a warp.
__device__ inline A whole(const A* partials, Index c) {
    A sum = 0;
    for (int group = threadIdx.x % 32; group < GROUPS; group += 32) sum += partials[group * C + c];
    return warp_sum(sum);
}

// ---------------------------------------------------------------------------------------------- forward

// The number of some values, their mean, and the sum of their squared distances from it.
struct Moments {
    A count, mean, squares;
};

__device__ inline Moments joined(Moments a, Moments b) {
    A count = a.count + b.count;
    if (count == 0) return a;
    A distance = b.mean - a.mean, share = b.count / count;
    return {count, a.mean + distance * share, a.squares + b.squares + distance * distance * a.count * share};
}

// Writes sums of distances from the group's pivot, and of their squares.
extern "C" __global__ void survey(const T* x, const Index* counters, A* partials) {
    Index rows = valid_rows(counters, ROWS) * PIXELS, first = (Index)blockIdx.y * HEIGHT;
    A pivots[V] = {}, sums[V] = {}, squares[V] = {};
    for (int v = 0; v < V && first < rows && channel() < C; ++v) pivots[v] = wide(x[first * C + channel() + v]);
    each_pack(rows, [&](Index place) {
        Group pack = pack_at(x, place);
#pragma unroll
        for (int v = 0; v < V; ++v) {
            A distance = wide(pack.values[v]) - pivots[v];
            sums[v] += distance;
            squares[v] += distance * distance;
        }
    });
    write_partials(sums, partials);
    write_partials(squares, partials + GROUPS * C);
}

// A warp joins the groups of a channel, and brings the averages forward.
extern "C" __global__ void conclude(
    const T* x, const Index* counters, const A* partials, A* means, A* scales, A* average_means,
    A* average_variances, double epsilon, double share
) {
    Index c = channel_of_warp(), rows = valid_rows(counters, ROWS) * PIXELS;
    if (c >= C || !rows) return;
    Moments all = {0, 0, 0};
    for (int group = threadIdx.x % 32; group < GROUPS; group += 32) {
        A count = A(rows_of(group, rows)), sum = partials[group * C + c];
        if (count == 0) continue;
        A pivot = wide(x[(Index)group * HEIGHT * C + c]);
        all = joined(all, {count, pivot + sum / count, partials[(GROUPS + group) * C + c] - sum * sum / count});
    }
    for (int lanes = 16; lanes; lanes /= 2)
        all = joined(all, {__shfl_xor_sync(~0u, all.count, lanes), __shfl_xor_sync(~0u, all.mean, lanes),
                           __shfl_xor_sync(~0u, all.squares, lanes)});
    if (threadIdx.x % 32) return;
    means[c] = all.mean;
    scales[c] = 1 / sqrt(fmax(all.squares, A(0)) / rows + A(epsilon));
    if (counters[control::FIRST_BAD_STEP] != control::NO_BAD_STEP) return;
    A unbiased = all.squares / A(rows > 1 ? rows - 1 : 1);
    average_means[c] += A(share) * (all.mean - average_means[c]);
    average_variances[c] += A(share) * (unbiased - average_variances[c]);
}

// Writes (x − mean) · slope + bias.
__device__ void write_normalised(const T* x, T* y, const A (&means)[V], const A (&slopes)[V], const T* biases) {
    A offsets[V];
    for (int v = 0; v < V && channel() < C; ++v) offsets[v] = wide(biases[channel() + v]);
    each_pack((Index)ROWS * PIXELS, [&](Index place) {
        Group pack = pack_at(x, place);
        A values[V];
#pragma unroll
        for (int v = 0; v < V; ++v) values[v] = (wide(pack.values[v]) - means[v]) * slopes[v] + offsets[v];
        put_pack(y + place, values, false);
    });
}

extern "C" __global__ void normalise(
    const T* x, const T* weights, const T* biases, const A* means, const A* scales, const Index* counters, T* y
) {
    if (!valid_rows(counters, ROWS)) {
        const A zeros[V] = {};
        each_pack((Index)ROWS * PIXELS, [&](Index place) { put_pack(y + place, zeros, false); });
        return;
    }
    A centres[V], slopes[V];
    for (int v = 0; v < V && channel() < C; ++v) {
        centres[v] = means[channel() + v];
        slopes[v] = scales[channel() + v] * wide(weights[channel() + v]);
    }
    write_normalised(x, y, centres, slopes, biases);
}

extern "C" __global__ void evaluate(
    const T* x, const T* weights, const T* biases, const A* average_means, const A* average_variances, T* y,
    double epsilon
) {
    A centres[V], slopes[V];
    for (int v = 0; v < V && channel() < C; ++v) {
        centres[v] = average_means[channel() + v];
        slopes[v] = wide(weights[channel() + v]) / sqrt(average_variances[channel() + v] + A(epsilon));
    }
    write_normalised(x, y, centres, slopes, biases);
}

// ---------------------------------------------------------------------------------------------- backward

// Writes sums of dy and of dy · x̂.
extern "C" __global__ void survey_gradients(
    const T* x, const A* means, const A* scales, const T* dy, const Index* counters, A* partials
) {
    A centres[V], factors[V], levels[V] = {}, slopes[V] = {};
    for (int v = 0; v < V && channel() < C; ++v) centres[v] = means[channel() + v], factors[v] = scales[channel() + v];
    each_pack(valid_rows(counters, ROWS) * PIXELS, [&](Index place) {
        Group pack = pack_at(x, place), gradients = pack_at(dy, place);
#pragma unroll
        for (int v = 0; v < V; ++v) {
            levels[v] += wide(gradients.values[v]);
            slopes[v] += wide(gradients.values[v]) * (wide(pack.values[v]) - centres[v]) * factors[v];
        }
    });
    write_partials(levels, partials);
    write_partials(slopes, partials + GROUPS * C);
}

// Adds the groups' sums up, behind them.
extern "C" __global__ void conclude_gradients(A* partials) {
    Index c = channel_of_warp();
    if (c >= C) return;
    A level = whole(partials, c), slope = whole(partials + GROUPS * C, c);
    if (threadIdx.x % 32) return;
    partials[2 * GROUPS * C + c] = level;
    partials[(2 * GROUPS + 1) * C + c] = slope;
}

extern "C" __global__ void backward_data(
    const T* x, const T* weights, const A* means, const A* scales, const T* dy, const Index* counters,
    const A* partials, T* dx, bool accumulate
) {
    const A* totals = partials + 2 * GROUPS * C;
    Index rows = valid_rows(counters, ROWS) * PIXELS;
    A centres[V] = {}, factors[V] = {}, levels[V] = {}, slopes[V] = {}, gains[V] = {};
    for (int v = 0; v < V && channel() < C && rows; ++v) {
        int c = channel() + v;
        centres[v] = means[c], factors[v] = scales[c], gains[v] = wide(weights[c]) * scales[c];
        levels[v] = totals[c] / rows, slopes[v] = totals[C + c] / rows;
    }
    each_pack((Index)ROWS * PIXELS, [&](Index place) {
        bool is_valid = place / C < rows;
        if (!is_valid && accumulate) return;
        Group pack = pack_at(x, place), gradients = pack_at(dy, place);
        A values[V];
#pragma unroll
        for (int v = 0; v < V; ++v) {
            A normalised = (wide(pack.values[v]) - centres[v]) * factors[v];
            values[v] = is_valid ? gains[v] * (wide(gradients.values[v]) - levels[v] - normalised * slopes[v]) : 0;
        }
        put_pack(dx + place, values, accumulate);
    });
}

extern "C" __global__ void backward_weights(const A* partials, A* dweights, bool accumulate) {
    Index c = channel_of_warp();
    if (c >= C) return;
    A slope = whole(partials + GROUPS * C, c);
    if (threadIdx.x % 32 == 0) put(dweights + c, slope, accumulate);
}
