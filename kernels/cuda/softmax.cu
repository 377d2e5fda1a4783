// Softmax of N rows of K inputs.
//
//     y[k] = e^(x[k] − max x) / Σ_j e^(x[j] − max x)
//     dx[k] = y[k] · (dy[k] − Σ_j dy[j] · y[j])
//
// Source: Bridle 1990; cuda-convnet, layer type softmax.
// Probabilities and their gradient are of the type that sums have.
// A warp has a row; its lanes take every 32nd input. y may be x and dx may be dy.

#include "_common.cuh"

constexpr int LANES = 32;

extern "C" __global__ void forward(const T* x, A* y, Index rows) {
    int lane = threadIdx.x % LANES;
    FOR_EACH(i, rows * LANES) {
        const T* inputs = x + i / LANES * K;
        A* outputs = y + i / LANES * K;
        A largest = wide(inputs[0]), sum = 0;
        for (Index k = lane; k < K; k += LANES) largest = max(largest, wide(inputs[k]));
        largest = warp_max(largest);
        for (Index k = lane; k < K; k += LANES) sum += exp(wide(inputs[k]) - largest);
        sum = warp_sum(sum);
        for (Index k = lane; k < K; k += LANES) outputs[k] = exp(wide(inputs[k]) - largest) / sum;
    }
}

extern "C" __global__ void backward(const A* y, const A* dy, T* dx, Index rows, bool accumulate) {
    int lane = threadIdx.x % LANES;
    FOR_EACH(i, rows * LANES) {
        Index row = i / LANES * K;
        A mean = 0;
        for (Index k = lane; k < K; k += LANES) mean += dy[row + k] * y[row + k];
        mean = warp_sum(mean);
        for (Index k = lane; k < K; k += LANES)
            put(dx + row + k, y[row + k] * (dy[row + k] - mean), accumulate);
    }
}
