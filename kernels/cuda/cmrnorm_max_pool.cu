// Response normalisation across maps and max pooling of the responses, in one; and the gradients of both.
//
//     r[f] = x[f] · d[f]^−POWER,  d[f] = MINIMUM + SHARE · Σ_g x[g]²;    y = max of r over a window
//
// with g over NORM maps from f − ⌊NORM/2⌋ on. The responses r are not kept: for the gradient they are computed in the
// same way again, and every one that equals the maximum of a window gets its gradient.
//
// Source: as of cmrnorm.cu and max_pool.cu.
// A thread has V maps of a pixel; the maps of one pixel lie in lanes beside one another, which hand sums on. A block
// of `forward` has TILE_H × TILE_W windows, and keeps the responses of their pixels in shared memory.

#include "_power.cuh"
#include "_window.cuh"

constexpr int LEFT = NORM / 2, RIGHT = NORM - 1 - LEFT;  // maps on either side that one sees
constexpr int LANES = 32, OF_PIXEL = C / V, PIXELS = LANES / OF_PIXEL, THREADS = 256, WARPS = THREADS / LANES;
static_assert(OF_PIXEL <= LANES && NORM / 2 <= V, "a warp has whole pixels, and a lane all neighbours of the next");

// Which pixel of a warp a lane belongs to, and where among the lanes of that pixel; `works` unless it has none.
struct Lane {
    int pixel, place;
    bool works;
};

__device__ inline Lane own_lane() {
    int lane = threadIdx.x % LANES;
    return {lane / OF_PIXEL, lane % OF_PIXEL, lane < PIXELS * OF_PIXEL};
}

// Sums over `before` maps before each own one to `after` after it; all lanes of a warp call it. Neighbours are added
// in pairs, which two sums share.
template <int before, int after>
__device__ inline void sum_around(const A (&own)[V], int place, A (&sums)[V]) {
    constexpr int COUNT = before + 1 + after;
    A row[before + V + after], pairs[before + V + after];
#pragma unroll
    for (int i = 0; i < before; ++i) {
        A other = __shfl_up_sync(~0u, own[V - before + i], 1);
        row[i] = place > 0 ? other : A(0);
    }
#pragma unroll
    for (int i = 0; i < after; ++i) {
        A other = __shfl_down_sync(~0u, own[i], 1);
        row[before + V + i] = place < OF_PIXEL - 1 ? other : A(0);
    }
#pragma unroll
    for (int v = 0; v < V; ++v) row[before + v] = own[v];
#pragma unroll
    for (int i = 0; i + 1 < before + V + after; ++i) pairs[i] = row[i] + row[i + 1];
#pragma unroll
    for (int v = 0; v < V; ++v) {
        sums[v] = COUNT % 2 ? row[v + COUNT - 1] : A(0);
#pragma unroll
        for (int i = 0; i + 1 < COUNT; i += 2) sums[v] += pairs[v + i];
    }
}

// Products that are rounded in the same way in both kernels: their responses must be equal.
__device__ inline float product(float a, float b) { return __fmul_rn(a, b); }
__device__ inline double product(double a, double b) { return __dmul_rn(a, b); }

// d and d^(−POWER − 1) of own maps.
struct Norm {
    A bases[V], powers[V];
};

__device__ inline Norm norm_of(const A (&x)[V], int place) {
    Norm norm;
    A squares[V];
#pragma unroll
    for (int v = 0; v < V; ++v) squares[v] = product(x[v], x[v]);
    sum_around<LEFT, RIGHT>(squares, place, norm.bases);
#pragma unroll
    for (int v = 0; v < V; ++v) {
        norm.bases[v] = fma(A(SHARE), norm.bases[v], A(MINIMUM));
        norm.powers[v] = to_power(norm.bases[v], A(-POWER - 1));
    }
    return norm;
}

__device__ inline Group responses_of(const A (&x)[V], const Norm& norm) {
    A responses[V];
#pragma unroll
    for (int v = 0; v < V; ++v) responses[v] = product(x[v], product(norm.powers[v], norm.bases[v]));
    return narrowed(responses);
}

// Takes over what is larger, or not a number.
__device__ inline void raise(Group& largest, const Group& other) {
    if constexpr (sizeof(T) == 2 && V % 2 == 0) {
        auto* pairs = reinterpret_cast<__nv_bfloat162*>(largest.values);
        auto* others = reinterpret_cast<const __nv_bfloat162*>(other.values);
#pragma unroll
        for (int pair = 0; pair < V / 2; ++pair) pairs[pair] = __hmax2_nan(pairs[pair], others[pair]);
    } else {
#pragma unroll
        for (int v = 0; v < V; ++v) {
            A value = wide(other.values[v]), before = wide(largest.values[v]);
            if (!(value <= before) && before == before) largest.values[v] = other.values[v];
        }
    }
}

__device__ inline void load(const T* from, bool works, A (&values)[V]) {
    widen(works ? pack_at(from, 0) : Group(), values);
}

extern "C" __global__ void __launch_bounds__(THREADS) forward(const T* x, T* y) {
    constexpr int DOWN = (P + TILE_H - 1) / TILE_H, ACROSS = (Q + TILE_W - 1) / TILE_W;
    constexpr int ROWS = (TILE_H - 1) * STRIDE_H + SIZE_H, COLUMNS = (TILE_W - 1) * STRIDE_W + SIZE_W;
    __shared__ Group responses[ROWS * COLUMNS * OF_PIXEL];
    Index n = blockIdx.x / (DOWN * ACROSS);
    int first_p = (int)(blockIdx.x / ACROSS % DOWN) * TILE_H, first_q = (int)(blockIdx.x % ACROSS) * TILE_W;
    int top = first_p * STRIDE_H + START_H, left = first_q * STRIDE_W + START_W;
    Lane lane = own_lane();
    for (int first = threadIdx.x / LANES * PIXELS; first < ROWS * COLUMNS; first += WARPS * PIXELS) {
        int pixel = first + lane.pixel, row = top + pixel / COLUMNS, column = left + pixel % COLUMNS;
        bool works = lane.works && pixel < ROWS * COLUMNS && row >= 0 && row < H && column >= 0 && column < W;
        A values[V];
        load(x + index_of<H, W, C>(n, row, column, lane.place * V), works, values);
        Norm norm = norm_of(values, lane.place);
        if (works) responses[pixel * OF_PIXEL + lane.place] = responses_of(values, norm);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < TILE_H * TILE_W * OF_PIXEL; i += THREADS) {
        int place = i % OF_PIXEL, p = i / OF_PIXEL / TILE_W, q = i / OF_PIXEL % TILE_W;
        if (first_p + p >= P || first_q + q >= Q) continue;
        Group largest;
        bool is_first = true;
#pragma unroll
        for (int tap = 0; tap < SIZE_H * SIZE_W; ++tap) {
            int row = p * STRIDE_H + tap / SIZE_W, column = q * STRIDE_W + tap % SIZE_W;
            if (top + row < 0 || top + row >= H || left + column < 0 || left + column >= W) continue;
            const Group& group = responses[(row * COLUMNS + column) * OF_PIXEL + place];
            if (is_first)
                largest = group;
            else
                raise(largest, group);
            is_first = false;
        }
        pack_at(y, index_of<P, Q, C>(n, first_p + p, first_q + q, place * V)) = largest;
    }
}

// Adds the gradients of maps whose response is the largest of a window, if the window sees the pixel.
__device__ inline void add_won(const Group& responses, const Group& largest, const Group& gradients, bool sees,
                               A (&sums)[V]) {
    if constexpr (sizeof(T) == 2 && V % 2 == 0) {
        auto* own = reinterpret_cast<const __nv_bfloat162*>(responses.values);
        auto* most = reinterpret_cast<const __nv_bfloat162*>(largest.values);
        auto* given = reinterpret_cast<const unsigned*>(gradients.values);
        unsigned mask = sees ? ~0u : 0;
#pragma unroll
        for (int v = 0; v < V; v += 2) {
            unsigned won = given[v / 2] & __heq2_mask(own[v / 2], most[v / 2]) & mask;
            sums[v] += first_of(won);
            sums[v + 1] += second_of(won);
        }
    } else {
#pragma unroll
        for (int v = 0; v < V; ++v)
            if (sees && responses.values[v] == largest.values[v]) sums[v] += wide(gradients.values[v]);
    }
}

// Adds up what the windows give that see a pixel. Of those beside one another all are loaded, the nearest ones in place
// of those that lie outside.
__device__ inline void gather(const T* y, const T* dy, const Spot& pixel, const Group& responses, A (&sums)[V]) {
    int down = pixel.row - START_H, across = pixel.column - START_W;
    if (down < 0 || across < 0) return;
#pragma unroll WINDOWS_AT_ONCE
    for (int i = 0; i < SEEN_H; ++i) {
        int row = down / STRIDE_H - i;
        if (row < 0 || row >= P || down - row * STRIDE_H >= SIZE_H) continue;
#pragma unroll
        for (int j = 0; j < SEEN_W; ++j) {
            int column = across / STRIDE_W - j;
            bool sees = column >= 0 && column < Q && across - column * STRIDE_W < SIZE_W;
            Index window = index_of<P, Q, C>(pixel.n, row, min(max(column, 0), Q - 1), pixel.channel);
            add_won(responses, pack_at(y, window), pack_at(dy, window), sees, sums);
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    backward(const T* x, const T* y, const T* dy, T* dx, const T* gate, Index pixels) {
    Lane lane = own_lane();
    for (Index first = ((Index)blockIdx.x * WARPS + threadIdx.x / LANES) * PIXELS; first < pixels;
         first += (Index)gridDim.x * WARPS * PIXELS) {
        Index group = (first + lane.pixel) * OF_PIXEL + lane.place;
        bool works = lane.works && first + lane.pixel < pixels;
        A values[V], gradients[V] = {}, pulls[V], sums[V];
        load(x + group * V, works, values);
        Norm norm = norm_of(values, lane.place);
        Group responses = responses_of(values, norm);
        if (works) gather(y, dy, spot_of<H, W, C>(group), responses, gradients);
#pragma unroll
        for (int v = 0; v < V; ++v) pulls[v] = gradients[v] * values[v] * norm.powers[v];
        sum_around<RIGHT, LEFT>(pulls, lane.place, sums);
        if (!works) continue;
#pragma unroll
        for (int v = 0; v < V; ++v)
            sums[v] = gradients[v] * (norm.powers[v] * norm.bases[v]) -
                      A(2 * POWER * SHARE) * values[v] * sums[v];
        if (gate == x) {  // the output of a ReLU that is normalised: it is here
#pragma unroll
            for (int v = 0; v < V; ++v)
                if (!(values[v] > 0)) sums[v] = 0;
        }
        put_gated(dx, group * V, sums, false, gate == x ? nullptr : gate);
    }
}
