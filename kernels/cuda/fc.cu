// Fully connected: products of matrices.
//
//     forward            y[n, o] = b[o] + Σ_i x[n, i] · w[o, i]
//     backward_data      dx[n, i] = Σ_o dy[n, o] · w[o, i]
//     backward_weights   dw[o, i] = Σ_n dy[n, o] · x[n, i]
//
// N rows, I inputs, O outputs.

#include "_product.cuh"

// A matrix of `rows` in memory, each `pitch` long.
struct Rows {
    static constexpr bool ALONG_K = true;
    const T* values;
    Index rows, pitch;
    __device__ const T* at(Index row, Index k) const { return row < rows ? values + row * pitch + k : nullptr; }
};

// The transpose of a matrix whose rows are `pitch` long.
struct Columns {
    static constexpr bool ALONG_K = false;
    const T* values;
    Index pitch;
    __device__ const T* at(Index column, Index k) const {
        return column < pitch ? values + k * pitch + column : nullptr;
    }
};

extern "C" __global__ void forward(const T* x, const T* weights, const T* biases, T* y, Index rows,
                                   bool accumulate) {
    product(tile_of(rows, OUTPUTS), Rows{x, rows, INPUTS}, Rows{weights, OUTPUTS, INPUTS}, {0, INPUTS},
            [=](Index n, Index o, A sum) {
        if (n >= rows || o >= OUTPUTS) return;
        if (BIASES) sum += wide(biases[o]);
        T* output = y + n * OUTPUTS + o;
        if (accumulate) sum += wide(*output);
        *output = narrow<T>(RELU && sum < 0 ? A(0) : sum);
    });
}

extern "C" __global__ void backward_data(const T* dy, const T* weights, T* dx, Index rows, bool accumulate) {
    product(tile_of(rows, INPUTS), Rows{dy, rows, OUTPUTS}, Columns{weights, INPUTS}, {0, OUTPUTS},
            [=](Index n, Index i, A sum) {
        if (n < rows && i < INPUTS) put(dx + n * INPUTS + i, sum, accumulate);
    });
}

extern "C" __global__ void backward_weights(const T* x, const T* dy, A* dweights, Index rows, bool accumulate) {
    product(tile_of(OUTPUTS, INPUTS), Columns{dy, OUTPUTS}, Columns{x, INPUTS}, {0, rows},
            [=](Index o, Index i, A sum) {
        if (o < OUTPUTS && i < INPUTS) put(dweights + o * INPUTS + i, sum, accumulate);
    });
}
