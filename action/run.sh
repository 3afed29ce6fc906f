#!/usr/bin/env bash
# One command of the action. Everything it needs comes by INPUT_* variables and those of GitHub; see action.yml.
set -euo pipefail

# GitHub takes 65,536 characters; some are left for what is added around a text.
readonly MAX_COMMENT=64000
readonly MAX_OUTPUT=900000

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What somebody wrote must not be read as a command of GitHub.
escape() { sed -e 's/%/%25/g' -e 's/\r/%0D/g' | awk 'NR > 1 {printf "%%0A"} {printf "%s", $0}'; }
# To the log of the step, wherever standard output goes just now.
exec 3>&1
error() { printf '::error::%s\n' "$(printf '%s' "$1" | escape)" >&3; }
warning() { printf '::warning::%s\n' "$(printf '%s' "$1" | escape)" >&3; }
fail() {
  error "$1"
  exit 1
}

# An output; the delimiter is one that no text can contain on purpose.
output() {
  local delimiter
  delimiter=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
  {
    printf '%s<<%s\n' "$1" "$delimiter"
    head -c "$MAX_OUTPUT" "$2"
    printf '\n%s\n' "$delimiter"
  } >>"$GITHUB_OUTPUT"
}
word() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }

# Adds a flag for each line of a list.
arguments=()
each() {
  local line
  while IFS= read -r line; do
    line=${line#"${line%%[![:space:]]*}"}
    [ -z "$line" ] || arguments+=("$1" "$line")
  done <<<"$2"
}
overrides() {
  each --values "${INPUT_VALUES:-}"
  each --set "${INPUT_SET:-}"
}

# Runs pacto with the collected arguments: standard output into a file, standard error into another and on the screen.
code=0
run() {
  code=0
  # The bash of macOS takes an empty list for one that is not set.
  pacto "$@" ${arguments[@]+"${arguments[@]}"} >"$work/out" 2>"$work/err" || code=$?
  cat "$work/err" >&2
}

# The result of commands whose answer is yes or no.
finish() {
  cat "$work/out"
  output output "$work/out"
  case $code in
    0) word result ok ;;
    1)
      word result failed
      error "pacto $1 says no; its output says why"
      exit 1
      ;;
    *)
      word result error
      error "pacto $1 could not run: $(tail -n 1 "$work/err")"
      exit "$code"
      ;;
  esac
}

# Long tables are folded away.
folded() {
  awk '
    function flush(  i) {
      if (count > 15) printf "<details><summary>%d rows</summary>\n\n", count - 2
      for (i = 1; i <= count; i++) print rows[i]
      if (count > 15) print "\n</details>"
      count = 0
    }
    /^```/ {flush(); fence = !fence}
    !fence && /^\|/ {rows[++count] = $0; next}
    {flush(); print}
    END {flush()}
  ' "$1"
}

# Writes a comment, or changes the one that has its marker.
comment() {
  local marker=$1 body=$2 number comments page id
  case ${GITHUB_EVENT_NAME:-} in
    pull_request | pull_request_target) ;;
    *)
      warning "comment-on-pr works in pull requests only"
      return 0
      ;;
  esac
  number=$(jq -er .pull_request.number "$GITHUB_EVENT_PATH") || fail "the event names no pull request"
  { printf '%s\n' "$marker"; cat "$body"; } >"$work/comment"
  if [ "$(wc -m <"$work/comment")" -gt "$MAX_COMMENT" ]; then
    # Whole lines, in characters and not in bytes.
    awk -v most="$MAX_COMMENT" '{size += length($0) + 1; if (size > most) exit; print}' "$work/comment" >"$work/cut"
    if [ $(($(grep -c '^```' "$work/cut" || true) % 2)) = 1 ]; then printf '```\n' >>"$work/cut"; fi
    printf '\n… the rest does not fit into a comment; it is in the summary of the run.\n' >>"$work/cut"
    mv "$work/cut" "$work/comment"
  fi
  jq -Rs '{body: .}' "$work/comment" >"$work/body.json"
  local api=${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY
  id=
  for page in $(seq 1 50); do
    comments=$(call GET "$api/issues/$number/comments?per_page=100&page=$page") || return 1
    id=$(jq -r --arg marker "$marker" '[.[] | select(.body // "" | startswith($marker))][0].id // empty' <<<"$comments")
    [ -z "$id" ] || break
    [ "$(jq length <<<"$comments")" = 100 ] || break
  done
  if [ -n "$id" ]; then
    call PATCH "$api/issues/comments/$id" "$work/body.json" >/dev/null
  else
    call POST "$api/issues/$number/comments" "$work/body.json" >/dev/null
  fi
}

# A request to GitHub. The token goes by a file, so that no list of processes shows it.
call() {
  local method=$1 url=$2 body=${3:-} status
  printf 'header = "Authorization: Bearer %s"\n' "${GH_TOKEN:-}" >"$work/curl"
  local flags=(--silent --show-error --max-time 60 --request "$method" --config "$work/curl" --output "$work/answer"
    --write-out '%{http_code}' --header 'Accept: application/vnd.github+json')
  [ -z "$body" ] || flags+=(--header 'Content-Type: application/json' --data-binary "@$body")
  status=$(curl "${flags[@]}" "$url") || return 1
  case $status in
    2*) cat "$work/answer" ;;
    *)
      warning "GitHub answered $status to $method ${url%%\?*}: the comment was not written; the job needs pull-requests: write"
      return 1
      ;;
  esac
}

summary() { [ "${INPUT_ADD_TO_SUMMARY:-true}" != true ] || cat "$1" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"; }

login() {
  local given=0 name
  for name in INPUT_REGISTRY INPUT_USERNAME INPUT_PASSWORD; do [ -z "${!name:-}" ] || given=$((given + 1)); done
  case $given in
    0) ;;
    3)
      printf '::add-mask::%s\n' "$INPUT_PASSWORD"
      printf '%s' "$INPUT_PASSWORD" | pacto login "$INPUT_REGISTRY" --username "$INPUT_USERNAME" --password-stdin
      ;;
    *) fail "registry, username and password go together" ;;
  esac
}

export PACTO_NO_CACHE=0
[ "${INPUT_CACHE:-true}" = true ] || export PACTO_NO_CACHE=1
format=${INPUT_OUTPUT_FORMAT:-}

case ${INPUT_COMMAND:-} in
  setup)
    installer=$(dirname "$0")/../scripts/get-pacto.sh
    flags=(--no-sudo)
    [ -z "${INPUT_VERSION:-}" ] || [ "$INPUT_VERSION" = latest ] || flags+=(--version "$INPUT_VERSION")
    export PACTO_INSTALL_DIR=${PACTO_INSTALL_DIR:-${RUNNER_TEMP:-$HOME}/pacto-bin}
    sh "$installer" "${flags[@]}" || fail "pacto was not installed"
    printf '%s\n' "$PACTO_INSTALL_DIR" >>"$GITHUB_PATH"
    word version "$("$PACTO_INSTALL_DIR/pacto" version | sed 's/^pacto version v\{0,1\}//')"
    word result ok
    ;;
  validate)
    overrides
    [ -z "$format" ] || arguments+=(--output-format "$format")
    run validate "${INPUT_PATH:-.}"
    finish validate
    ;;
  diff)
    [ -n "${INPUT_OLD:-}" ] && [ -n "${INPUT_NEW:-}" ] || fail "diff needs the inputs old and new"
    each --old-values "${INPUT_OLD_VALUES:-}"
    each --old-set "${INPUT_OLD_SET:-}"
    each --new-values "${INPUT_NEW_VALUES:-}"
    each --new-set "${INPUT_NEW_SET:-}"
    # What other commands call values and set is meant for what is new.
    each --new-values "${INPUT_VALUES:-}"
    each --new-set "${INPUT_SET:-}"
    [ -z "${INPUT_RULES:-}" ] || arguments+=(--rules "$INPUT_RULES")
    [ -z "${INPUT_PROTO_LEVEL:-}" ] || arguments+=(--proto-level "$INPUT_PROTO_LEVEL")
    level=${INPUT_FAIL_ON:-breaking}
    if [ -z "${INPUT_FAIL_ON:-}" ] && [ "${INPUT_FAIL_ON_BREAKING:-true}" != true ]; then level=none; fi
    case $level in
      breaking | potential | none) ;;
      *) fail "fail-on is breaking, potential or none, not $level" ;;
    esac
    wanted=(${arguments[@]+"${arguments[@]}"})
    # What it is, and whether that fails the step, are two questions.
    arguments=(${wanted[@]+"${wanted[@]}"} --output-format json --fail-on none)
    run diff "$INPUT_OLD" "$INPUT_NEW"
    if [ "$code" = 0 ]; then
      class=$(jq -r .classification "$work/out")
      arguments=(${wanted[@]+"${wanted[@]}"} --output-format "${format:-text}" --fail-on none)
      run diff "$INPUT_OLD" "$INPUT_NEW" 2>/dev/null
    elif [ "$code" = 3 ] && grep -Eq 'old contract: (artifact not found: [^;]*$|.*no tag is a version)' "$work/err"; then
      class=NO_BASELINE
      printf 'There is no published version to compare with: this is the first one.\n' >"$work/out"
    else
      class=ERROR
      cp "$work/err" "$work/out"
    fi
    case $class in
      BREAKING) title=':warning: Pacto Diff — Breaking Changes Detected' result=breaking has=true ;;
      POTENTIAL_BREAKING) title=':grey_question: Pacto Diff — Potentially Breaking Changes' result=potential has=false ;;
      NON_BREAKING) title=':white_check_mark: Pacto Diff — No Breaking Changes' result=none has=false ;;
      NO_BASELINE) title=':new: Pacto Diff — Nothing To Compare With' result=no-baseline has= ;;
      *) title=':x: Pacto Diff — Could Not Compare' result=error has= ;;
    esac
    word result "$result"
    word has-breaking-changes "$has"
    output diff-output "$work/out"
    output output "$work/out"
    cat "$work/out"
    {
      printf '## %s\n\n' "$title"
      if [ "$format" = markdown ] && [ "$class" != ERROR ]; then
        folded "$work/out"
      else
        # A fence that nothing in the text closes.
        printf '````%s\n' "$([ "$format" = json ] && echo json || echo text)"
        sed 's/^````/\\&/' "$work/out"
        printf '````\n'
      fi
    } >"$work/report"
    summary "$work/report"
    if [ "${INPUT_COMMENT_ON_PR:-false}" = true ]; then
      comment "<!-- pacto-diff-comment:${INPUT_NEW//--/- -} -->" "$work/report" || true
    fi
    case $level:$result in
      *:error) fail "the contracts could not be compared: $(tail -n 1 "$work/err")" ;;
      breaking:breaking | potential:breaking) fail "breaking changes" ;;
      potential:potential) fail "potentially breaking changes" ;;
      none:breaking) warning "breaking changes" ;;
    esac
    ;;
  push)
    [ -n "${INPUT_REF:-}" ] || fail "push needs the input ref"
    login
    each --set "${INPUT_SET:-}"
    [ "${INPUT_FORCE:-false}" != true ] || arguments+=(--force)
    arguments+=(--output-format json)
    run push "$INPUT_REF" -p "${INPUT_PATH:-.}"
    [ "$code" != 0 ] || word digest "$(jq -r '.digest // empty' "$work/out")"
    finish push
    ;;
  pull)
    [ -n "${INPUT_REF:-}" ] || fail "pull needs the input ref"
    login
    [ -z "${INPUT_OUTPUT_PATH:-}" ] || arguments+=(--output "$INPUT_OUTPUT_PATH")
    run pull "$INPUT_REF"
    finish pull
    ;;
  doc)
    overrides
    run doc "${INPUT_PATH:-.}"
    [ "$code" != 0 ] || output doc-output "$work/out"
    if [ "$code" = 0 ] && [ -n "${INPUT_OUTPUT_PATH:-}" ]; then
      mkdir -p "$(dirname "$INPUT_OUTPUT_PATH")"
      cp "$work/out" "$INPUT_OUTPUT_PATH"
    fi
    { printf '## Pacto Contract Documentation\n\n'; folded "$work/out"; } >"$work/report"
    [ "$code" != 0 ] || summary "$work/report"
    if [ "$code" = 0 ] && [ "${INPUT_COMMENT_ON_PR:-false}" = true ]; then
      comment "<!-- pacto-doc-comment:${INPUT_PATH:-.} -->" "$work/report" || true
    fi
    finish doc
    ;;
  graph)
    overrides
    [ -z "$format" ] || arguments+=(--output-format "$format")
    run graph "${INPUT_PATH:-.}"
    finish graph
    ;;
  generate)
    [ -n "${INPUT_PLUGIN:-}" ] || fail "generate needs the input plugin"
    overrides
    each --option "${INPUT_OPTIONS:-}"
    [ -z "${INPUT_OUTPUT_PATH:-}" ] || arguments+=(--output "$INPUT_OUTPUT_PATH")
    run generate "$INPUT_PLUGIN" "${INPUT_PATH:-.}"
    finish generate
    ;;
  lock)
    [ "${INPUT_CHECK:-true}" != true ] || arguments+=(--check)
    run lock "${INPUT_PATH:-.}"
    finish lock
    ;;
  verify)
    [ -n "${INPUT_MANIFESTS:-}" ] || fail "verify needs the input manifests"
    overrides
    [ -z "$format" ] || arguments+=(--output-format "$format")
    run verify "${INPUT_PATH:-.}" --manifests "$INPUT_MANIFESTS"
    finish verify
    ;;
  *) fail "there is no command ${INPUT_COMMAND:-(none)}: setup, validate, diff, push, doc, pull, graph, generate, lock, verify" ;;
esac
