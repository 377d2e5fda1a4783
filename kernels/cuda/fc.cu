// Fully connected: products of matrices.
//
//     forward            y[n, o] = b[o] + Σ_i x[n, i] · w[o, i]
//     backward_data      dx[n, i] = Σ_o dy[n, o] · w[o, i]
//     backward_weights   dw[o, i] = Σ_n dy[n, o] · x[n, i]

#include "_product.cuh"
#include "_sgd.cuh"

// A matrix of some rows, each `pitch` long.
template <int pitch>
struct Rows {
    static constexpr bool ALONG_K = true, WHOLE = pitch % RUN == 0;
    const T* values;
    Index rows;
    __device__ const T* anything() const { return values; }
    __device__ const T* line(Index row) const { return row < rows ? values + row * pitch : nullptr; }
    __device__ int step(int k) const { return k; }
    __device__ const T* at(const T* row, int k) const { return row ? row + k : nullptr; }
};

// The transpose of a matrix whose rows are `pitch` long.
template <int pitch>
struct Columns {
    static constexpr bool ALONG_K = false, WHOLE = pitch % RUN == 0;
    const T* values;
    __device__ const T* anything() const { return values; }
    __device__ const T* line(Index column) const { return column < pitch ? values + column : nullptr; }
    __device__ Index step(int k) const { return (Index)k * pitch; }
    __device__ const T* at(const T* column, Index offset) const { return column ? column + offset : nullptr; }
};

// The same with a row of ones after it, where there are BIASES.
template <int pitch>
struct ColumnsAndOnes : Columns<pitch> {
    __device__ const T* line(Index column) const {
        return BIASES && column == pitch ? first_one() : Columns<pitch>::line(column);
    }
    __device__ const T* at(const T* column, Index offset) const {
        return BIASES && column == first_one() ? column : Columns<pitch>::at(column, offset);
    }
};

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) forward(const T* x, const T* weights, const T* biases, T* y, Index rows,
                                   bool accumulate) {
    Tile tile = tile_of(rows, OUTPUTS);
    Rows<INPUTS> inputs = {x, rows}, filters = {weights, OUTPUTS};
    product(tile, inputs, filters, {0, INPUTS}, [=](Index n, Index o, A(&sums)[RUN]) {
        if (n < rows) finish<OUTPUTS>(y + n * OUTPUTS, o, biases, sums, accumulate);
    });
}

#if OUTPUTS <= 16
// The same where there are few outputs: a warp has a row, and each lane every 32nd run of it.
extern "C" __global__ void forward_narrow(const T* x, const T* weights, const T* biases, T* y, Index rows) {
    constexpr int LANES = 32;
    FOR_EACH(i, rows * LANES) {
        int lane = threadIdx.x % LANES;
        const T* inputs = x + i / LANES * INPUTS;
        A sums[OUTPUTS] = {};
        for (int first = lane * RUN; first < INPUTS; first += LANES * RUN) {
            int count = min(RUN, INPUTS - first);
            auto values = load_some<RUN, INPUTS % RUN == 0>(inputs + first, count);
#pragma unroll
            for (int o = 0; o < OUTPUTS; ++o) {
                auto filter = load_some<RUN, INPUTS % RUN == 0>(weights + (Index)o * INPUTS + first, count);
#pragma unroll
                for (int v = 0; v < RUN; ++v)
                    if (v < count) sums[o] += wide(values.values[v]) * wide(filter.values[v]);
            }
        }
#pragma unroll
        for (int o = 0; o < OUTPUTS; ++o) {
            A sum = warp_sum(sums[o]) + (BIASES ? wide(biases[o]) : A(0));
            if (lane == o) y[i / LANES * OUTPUTS + o] = narrow<T>(RELU && sum < 0 ? A(0) : sum);
        }
    }
}
#endif

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) backward_data(const T* dy, const T* weights, T* dx, const T* gate, Index rows,
                                         bool accumulate) {
    Tile tile = tile_of(rows, INPUTS);
    Rows<OUTPUTS> gradients = {dy, rows};
    product(tile, gradients, Columns<INPUTS>{weights}, {0, OUTPUTS}, [=](Index n, Index i, A(&sums)[RUN]) {
        if (n < rows) put_gated<INPUTS>(dx + n * INPUTS, i, sums, accumulate, gate + n * INPUTS);
    });
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) backward_weights(const T* x, const T* dy, A* dweights, A* dbiases, Index rows,
                                            bool accumulate) {
    Tile tile = tile_of(OUTPUTS, INPUTS + (BIASES > 0));
    Columns<OUTPUTS> gradients = {dy};
    product(tile, gradients, ColumnsAndOnes<INPUTS>{x}, {0, (int)rows}, [=](Index o, Index i, A(&sums)[RUN]) {
        if (o >= OUTPUTS) return;
        put_run<INPUTS>(dweights + o * INPUTS, i, sums, accumulate);
        if (BIASES && i <= INPUTS && INPUTS < i + RUN) put(dbiases + o, sums[INPUTS % RUN], accumulate);
    });
}

// backward_weights whose result goes straight into the update of sgd.cu, and is never stored.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) learn(const T* x, const T* dy, A* weights, A* velocity, T* copy, A* dbiases,
                                 const Index* counters, const double* settings, Index rows) {
    if (!updates(counters)) return;
    Tile tile = tile_of(OUTPUTS, INPUTS + (BIASES > 0));
    Columns<OUTPUTS> gradients = {dy};
    Rates rates = rates_of(settings);
    product(tile, gradients, ColumnsAndOnes<INPUTS>{x}, {0, (int)rows}, [=](Index o, Index i, A(&sums)[RUN]) {
        if (o >= OUTPUTS) return;
        if (BIASES && i <= INPUTS && INPUTS < i + RUN) dbiases[o] = sums[INPUTS % RUN];
        if (i >= INPUTS) return;
        Index first = o * INPUTS + i;
        int count = min((Index)RUN, INPUTS - i);
        auto w = load_some<RUN, INPUTS % RUN == 0>(weights + first, count);
        auto v = load_some<RUN, INPUTS % RUN == 0>(velocity + first, count);
        Pack<T, RUN> stored;
#pragma unroll
        for (int j = 0; j < RUN; ++j) {
            advance(w.values[j], v.values[j], sums[j], rates);
            stored.values[j] = narrow<T>(w.values[j]);
        }
        store_some<RUN, INPUTS % RUN == 0>(weights + first, w, count);
        store_some<RUN, INPUTS % RUN == 0>(velocity + first, v, count);
        if (copy) store_some<RUN, INPUTS % RUN == 0>(copy + first, stored, count);
    });
}
