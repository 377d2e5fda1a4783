// Keeps the norm of each unit's weights within limits: w ← w · min(max(‖w‖, least), most) / ‖w‖.
//
// The formula and its source are in kernels/cpu/filter_norm.py. weights (units, VALUES, MAPS). A block has one
// unit's weights; sums are doubles, added up in one fixed order. `copy` gets the new weights as T.

#include "_common.cuh"

constexpr int THREADS = 256;

__device__ inline double sum_of_block(double value, double* shared) {
    shared[threadIdx.x] = value;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
        __syncthreads();
    }
    const double sum = shared[0];
    __syncthreads();
    return sum;
}

extern "C" __global__ void update(A* weights, T* copy, const Index* counters, double least, double most,
                                  bool centred) {
    if (!updates(counters)) return;
    __shared__ double shared[THREADS];
    const Index first = (Index)(blockIdx.x / MAPS) * VALUES * MAPS + blockIdx.x % MAPS;
    double sum = 0;
    for (Index i = threadIdx.x; i < VALUES; i += THREADS) sum += double(weights[first + i * MAPS]);
    const double mean = sum_of_block(sum, shared) / VALUES, middle = centred ? mean : 0;
    double squares = 0;
    for (Index i = threadIdx.x; i < VALUES; i += THREADS) {
        const double value = double(weights[first + i * MAPS]) - middle;
        squares += value * value;
    }
    const double norm = sqrt(sum_of_block(squares, shared)) / (centred ? VALUES : 1);
    const double limited = most > 0 ? fmin(fmax(norm, least), most) : fmax(norm, least);
    const double factor = norm > 0 ? limited / norm : 1;
    for (Index i = threadIdx.x; i < VALUES; i += THREADS) {
        const Index place = first + i * MAPS;
        const A value = A(double(weights[place]) * factor);
        weights[place] = value;
        if (copy) copy[place] = narrow<T>(value);
    }
}
