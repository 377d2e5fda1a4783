// Prepares a batch of pictures: crop, mirror image, (picture − mean) · scale, shifted colours.
//
// Picture n of the batch stands at `position` of its split, order[first + n]. With WITHIN_SPLIT, the bytes are
// those of the whole split, and else those of the batch. What is drawn is keyed by (seed, epoch, position), bit
// for bit as in engine/data/augmentation.py; so are the steps of the arithmetic. Rows from `valid` on are zeros.
//
// Source: cuda-convnet2, convdata.py; Krizhevsky, Sutskever, Hinton 2012, section 4.1 (colours).
// Row y of the grid is a picture; its threads have a pixel each, in all C channels.

#include "_common.cuh"

constexpr unsigned AUGMENTATION = STREAM, NOISE = STREAM | 1 << 8;

__device__ inline float add_rounded(float a, float b) { return __fadd_rn(a, b); }  // never fused into one step
__device__ inline double add_rounded(double a, double b) { return __dadd_rn(a, b); }

// Number `which` of mean 0 and variance 1. Source: Box and Muller 1958, as in kernels/philox.py.
__device__ double normal(Index seed, Index epoch, Index position, int which) {
    uint4 words = philox(seed, NOISE, epoch, position, which / 2);
    double u = ((((Index)words.y << 32 | words.x) >> 11) & 0x1FFFFFFFFFFFFF) * 0x1p-53;
    double v = ((((Index)words.w << 32 | words.z) >> 11) & 0x1FFFFFFFFFFFFF) * 0x1p-53;
    double radius = sqrt(-2.0 * log(1.0 - u)), angle = 6.283185307179586 * v;
    return radius * (which % 2 ? sin(angle) : cos(angle));
}

// What is added to channel c: the colours' components, each by a random number, in the scale of the pictures.
__device__ double shift(const double* components, Index seed, Index epoch, Index position, int c, double scale) {
    double sum = 0;
    for (int k = 0; k < C; ++k) sum += normal(seed, epoch, position, k) * components[c * C + k];
    return sum * scale;
}

extern "C" __global__ void prepare(const unsigned char* pictures, const int* classes, const Index* order,
                                   const A* mean, const double* components, T* x, int* labels, Index first,
                                   Index valid, Index seed, Index epoch, double scale, double shrink) {
    __shared__ A shifts[C];
    Index n = blockIdx.y;
    bool holds_example = n < valid;
    Index position = holds_example ? order[first + n] : 0, row = WITHIN_SPLIT ? position : n;
    if (labels && blockIdx.x == 0 && threadIdx.x == 0) labels[n] = holds_example ? classes[row] : 0;
    if (COLOURS) {
        for (int c = threadIdx.x; c < C; c += blockDim.x)
            shifts[c] = A(shift(components, seed, epoch, position, c, scale));
        __syncthreads();
    }
    uint4 drawn = philox(seed, AUGMENTATION, epoch, position, 0);
    int top = MIDDLE_H, left = MIDDLE_W;
    if (RANDOM_CROP) top = __umulhi(drawn.x, ROOM_H + 1), left = __umulhi(drawn.y, ROOM_W + 1);
    bool mirrored = MIRROR && drawn.z >> 31;
    Index pixel = blockIdx.x * (Index)blockDim.x + threadIdx.x;
    if (pixel >= CROP_H * CROP_W) return;
    int column = pixel % CROP_W;
    int h = top + (int)(pixel / CROP_W) - BORDER, w = left + (mirrored ? CROP_W - 1 - column : column) - BORDER;
    bool inside = holds_example && h >= 0 && h < H && w >= 0 && w < W;
    Index from = ((row * H + h) * W + w) * C, of_mean = (h * (Index)W + w) * C;
    T* to = x + (n * CROP_H * CROP_W + pixel) * C;
    for (int c = 0; c < C; ++c) {
        A value = inside ? (A(pictures[from + c]) - mean[of_mean + c]) * A(scale) : A(0);
        if (COLOURS && holds_example) value = add_rounded(value, shifts[c]) / A(shrink);
        to[c] = narrow<T>(value);
    }
}
