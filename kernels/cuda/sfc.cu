// Split fully connected: each part of the inputs has outputs of its own.
//
//     y[n, o] = biases[o] + Σ_i x[n, part·I + i] · weights[o, i],    part = ⌊o / OUTPUTS⌋
//
// x, dx (N, PARTS · I); weights (PARTS · OUTPUTS, I); y, dy (N, PARTS · OUTPUTS). Each part is a matrix product of
// its own, blockIdx.z tells which. A block of 16 × 16 threads makes a tile of as many values, and keeps tiles of
// both factors in shared memory while it goes along the axis that is summed up.

#include "_common.cuh"

constexpr int SIDE = 16;

// A matrix in memory: the distances from row to row and from column to column.
template <typename Value>
struct Matrix {
    const Value* first;
    Index row, column;

    __device__ A at(Index i, Index j, Index rows, Index columns) const {
        return i < rows && j < columns ? wide(first[i * row + j * column]) : A(0);
    }
};

// Returns this thread's value of the product of a (rows, depth) and b (depth, columns).
__device__ A product(Matrix<T> a, Matrix<T> b, Index rows, Index depth, Index columns) {
    __shared__ A left[SIDE][SIDE], right[SIDE][SIDE + 1];
    const int i = threadIdx.y, j = threadIdx.x;
    const Index row = blockIdx.y * SIDE + i, column = blockIdx.x * SIDE + j;
    A sum = 0;
    for (Index k = 0; k < depth; k += SIDE) {
        left[i][j] = a.at(row, k + j, rows, depth);
        right[i][j] = b.at(k + i, column, depth, columns);
        __syncthreads();
        for (int step = 0; step < SIDE; ++step) sum += left[i][step] * right[step][j];
        __syncthreads();
    }
    return sum;
}

__device__ inline Index tile_row() { return blockIdx.y * SIDE + threadIdx.y; }
__device__ inline Index tile_column() { return blockIdx.x * SIDE + threadIdx.x; }

extern "C" __global__ void forward(const T* x, const T* weights, const T* biases, T* y, bool accumulate) {
    const Index part = blockIdx.z, n = tile_row(), o = tile_column();
    const Matrix<T> inputs = {x + part * I, PARTS * I, 1}, transposed = {weights + part * OUTPUTS * I, 1, I};
    const A sum = product(inputs, transposed, ROWS, I, OUTPUTS);
    if (n >= ROWS || o >= OUTPUTS) return;
    const Index output = part * OUTPUTS + o;
    put(y + n * PARTS * OUTPUTS + output, biases ? sum + wide(biases[output]) : sum, accumulate);
}

extern "C" __global__ void backward_data(const T* dy, const T* weights, T* dx, bool accumulate) {
    const Index part = blockIdx.z, n = tile_row(), i = tile_column();
    const Matrix<T> gradients = {dy + part * OUTPUTS, PARTS * OUTPUTS, 1}, factors = {weights + part * OUTPUTS * I, I, 1};
    const A sum = product(gradients, factors, ROWS, OUTPUTS, I);
    if (n < ROWS && i < I) put(dx + (n * PARTS + part) * I + i, sum, accumulate);
}

extern "C" __global__ void backward_weights(const T* x, const T* dy, A* dweights, bool accumulate) {
    const Index part = blockIdx.z, o = tile_row(), i = tile_column();
    const Matrix<T> transposed = {dy + part * OUTPUTS, 1, PARTS * OUTPUTS}, inputs = {x + part * I, PARTS * I, 1};
    const A sum = product(transposed, inputs, OUTPUTS, ROWS, I);
    if (o < OUTPUTS && i < I) put(dweights + (part * OUTPUTS + o) * I + i, sum, accumulate);
}
