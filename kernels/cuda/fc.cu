// Fully connected: products of matrices.
//
//     forward            y[n, o] = b[o] + Σ_i x[n, i] · w[o, i]
//     backward_data      dx[n, i] = Σ_o dy[n, o] · w[o, i]
//     backward_weights   dw[o, i] = Σ_n dy[n, o] · x[n, i]

#include "_learn.cuh"

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

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    forward(const T* x, const T* weights, const T* biases, T* y, Index rows, bool accumulate) {
    Tile tile = tile_of(rows, OUTPUTS);
    Rows<INPUTS> inputs = {x, rows}, filters = {weights, OUTPUTS};
    product(tile, inputs, filters, {0, INPUTS}, [=](Index n, Index o, A(&sums)[RUN]) {
        if (n < rows) finish<OUTPUTS>(y + n * OUTPUTS, o, biases, sums, accumulate);
    });
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    backward_data(const T* dy, const T* weights, T* dx, const T* gate, Index rows, bool accumulate) {
    Tile tile = tile_of(rows, INPUTS);
    Rows<OUTPUTS> gradients = {dy, rows};
    product(tile, gradients, Columns<INPUTS>{weights}, {0, OUTPUTS}, [=](Index n, Index i, A(&sums)[RUN]) {
        if (n < rows) put_gated<INPUTS>(dx + n * INPUTS, i, sums, accumulate, gate + n * INPUTS);
    });
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    backward_weights(const T* x, const T* dy, A* dweights, A* dbiases, Index rows, bool accumulate) {
    Tile tile = tile_of(OUTPUTS, INPUTS + (BIASES > 0));
    Columns<OUTPUTS> gradients = {dy};
    product(tile, gradients, ColumnsAndOnes<INPUTS>{x}, {0, (int)rows}, [=](Index o, Index i, A(&sums)[RUN]) {
        if (o >= OUTPUTS) return;
        put_run<INPUTS>(dweights + o * INPUTS, i, sums, accumulate);
        if (BIASES && i <= INPUTS && INPUTS < i + RUN) put(dbiases + o, sums[INPUTS % RUN], accumulate);
    });
}

// backward_weights whose result goes straight into the update of the weights.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    learn(const T* x, const T* dy, A* weights, A* velocity, T* copy, A* dbiases, const Index* counters,
          const double* settings, Index rows) {
    if (!updates(counters)) return;
    Tile tile = tile_of(OUTPUTS, INPUTS + (BIASES > 0));
    Learned<INPUTS> learned(weights, velocity, copy, 0, settings);
    for_weights(tile, [&](int number, Index o, Index i) {
        if (o < OUTPUTS && i < INPUTS) learned.load(number, o * INPUTS, i);
    });
    Columns<OUTPUTS> gradients = {dy};
    ColumnsAndOnes<INPUTS> inputs = {x};
    gradients_of(tile, gradients, inputs, {0, (int)rows}, [&](int number, Index o, Index i, A(&sums)[WEIGHTS]) {
        if (o >= OUTPUTS) return;
        if (i < INPUTS) learned.advance(number, o * INPUTS, i, sums);
        if (BIASES && i <= INPUTS && INPUTS < i + WEIGHTS) dbiases[o] = sums[INPUTS % WEIGHTS];
    });
}
