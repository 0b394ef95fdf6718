#!/usr/bin/env bash
# Shows which regions and branches of `core` the targets reach.
#
#   ./coverage.sh [SECONDS [SEED]]        a table by file
#   SHOW=engine/index.rs ./coverage.sh    and one file, with how often each region was reached
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60} seed=${2:-1}
ROOM=${ROOM:-engine/(index|compiled|names|standing|overlay|entities|ask|decide)}
export CARGO_TARGET_DIR=$PWD/target/coverage

# The tools have to read the format of the compiler's own LLVM.
major=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
libdir=$(rustc --print target-libdir)
tool() {
    for at in "$libdir/../bin/llvm-$1" "$(command -v "llvm-$1-$major" || true)"; do
        [ -x "$at" ] && { echo "$at"; return; }
    done
    echo "llvm-$1 of LLVM $major is missing: rustup component add llvm-tools, or install llvm-$major" >&2
    exit 1
}
profdata=$(tool profdata) cov=$(tool cov)

# Only the library is instrumented: what it is compared with is not what is in question.
mkdir -p "$CARGO_TARGET_DIR"
cat > "$CARGO_TARGET_DIR/rustc" <<'END'
#!/usr/bin/env bash
rustc=$1
shift
case " $* " in
*" --crate-name notegate "*) exec "$rustc" "$@" -C instrument-coverage ;;
*" --crate-name notegate_fuzz "*) exec "$rustc" "$@" -C instrument-coverage ;;
*) exec "$rustc" "$@" ;;
esac
END
chmod +x "$CARGO_TARGET_DIR/rustc"
RUSTC_WRAPPER=$CARGO_TARGET_DIR/rustc cargo build --locked --release
rm -f "$CARGO_TARGET_DIR"/*.profraw
LLVM_PROFILE_FILE=$CARGO_TARGET_DIR/%p.profraw "$CARGO_TARGET_DIR/release/notegate-fuzz" --seconds "$seconds" --seed "$seed"
"$profdata" merge -sparse "$CARGO_TARGET_DIR"/*.profraw -o "$CARGO_TARGET_DIR/profdata"
binary=$CARGO_TARGET_DIR/release/notegate-fuzz
shown=(-instr-profile="$CARGO_TARGET_DIR/profdata" -ignore-filename-regex='core/tests|fuzz/src|\.cargo|rustc')
"$cov" report "$binary" "${shown[@]}" | grep -E "^Filename|^---|$ROOM"
if [ -n "${SHOW:-}" ]; then
    "$cov" show "$binary" "${shown[@]}" --show-regions "$(cd .. && pwd)/core/src/$SHOW"
fi
