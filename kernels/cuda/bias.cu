// Gradient of biases: dbiases[o] = Σ_r dy[r, o], with dy as a matrix of some rows of OUTPUTS.
//
// A thread sums up V outputs over rows; ACROSS threads lie beside one another, and the other threads of the block
// take the rows in turn. Blocks take SHARES of the rows; a single one is the result. The order of sums is fixed.

#include "_pictures.cuh"

constexpr int THREADS = 256, DOWN = THREADS / ACROSS, LANES = 32;

extern "C" __global__ void backward(const T* dy, A* shares, Index rows, bool accumulate) {
    __shared__ A sums[DOWN][ACROSS * V];
    constexpr int tiles = (OUTPUTS / V + ACROSS - 1) / ACROSS;
    int share = blockIdx.x / tiles, across = threadIdx.x % ACROSS, down = threadIdx.x / ACROSS;
    int output = (blockIdx.x % tiles * ACROSS + across) * V;
    A own[V] = {};
    if (output < OUTPUTS)
#pragma unroll 8
        for (Index row = (Index)share * DOWN + down; row < rows; row += SHARES * DOWN) {
            A gradients[V];
            widen(pack_at(dy, row * OUTPUTS + output), gradients);
#pragma unroll
            for (int v = 0; v < V; ++v) own[v] += gradients[v];
        }
#pragma unroll
    for (int v = 0; v < V; ++v) sums[down][across * V + v] = own[v];
    __syncthreads();
    int first = blockIdx.x % tiles * ACROSS * V;
    for (int o = threadIdx.x; o < ACROSS * V && first + o < OUTPUTS; o += THREADS) {
        A sum = 0;
        for (int row = 0; row < DOWN; ++row) sum += sums[row][o];
        put(shares + (Index)share * OUTPUTS + first + o, sum, accumulate);
    }
}

// A warp sums up the shares of an output.
extern "C" __global__ void sum_shares(const A* shares, A* dbiases, bool accumulate) {
    FOR_EACH(i, OUTPUTS * LANES) {
        A sum = 0;
#pragma unroll 4
        for (int share = threadIdx.x % LANES; share < SHARES; share += LANES)
            sum += shares[(Index)share * OUTPUTS + i / LANES];
        sum = warp_sum(sum);
        if (threadIdx.x % LANES == 0) put(dbiases + i / LANES, sum, accumulate);
    }
}
