# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Asking apt without touching the system's configuration or lists: what is private
# lives in build/apt. apt verifies signatures and digests as it always does.
# Needs common.sh.

apt_dir=$build/apt
# How to ask about binary packages: the system's lists, or our own (know_lists).
apt_sys=()
lists_private=no
apt_src=(-c "$apt_dir/src.conf")

# private_conf NAME LINE...: build/apt/NAME.conf with lists and caches of its own.
private_conf() {
    local name=$1 dir=$apt_dir/$1
    shift
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    # The hooks belong to the system's lists, and want root.
    write_file "$apt_dir/$name.conf" "$(printf '%s\n' "$@" \
        "Dir::State::lists \"$dir/lists\";" \
        "Dir::Cache \"$dir/cache\";" \
        'Dir::Cache::pkgcache "pkgcache.bin";' \
        'Dir::Cache::srcpkgcache "srcpkgcache.bin";' \
        '#clear APT::Update::Pre-Invoke;' \
        '#clear APT::Update::Post-Invoke;' \
        '#clear APT::Update::Post-Invoke-Success;')"
}

# own_targets: the distribution's own package lists, one a line: CODENAME FILE:NUMBER
# of the stanza or line that configures it. Third parties are left out by their
# Origin: they have no sources of Unbound, and often none at all.
own_targets() {
    local ids
    # shellcheck source=/dev/null
    ids=$(. /etc/os-release && printf '%s' "${ID:-} ${ID_LIKE:-}")
    # shellcheck disable=SC2016  # for apt to expand
    apt-get "${apt_sys[@]}" indextargets \
        --format '$(ORIGIN)|$(CODENAME)|$(SOURCESENTRY)' 'Identifier: Packages' |
        awk -F'|' -v ids=" $ids " 'index(ids, " " tolower($1) " ") { print $2, $3 }' |
        sort -u
}

lists_known() {
    [[ -n $(own_targets) ]]
}

# read_own_lists: lists of binary packages in build/apt, used from here on.
read_own_lists() {
    step "reading the package lists"
    lists_private=yes
    private_conf all
    apt_sys=(-c "$apt_dir/all.conf")
    # Its verdict covers third parties too; what counts is checked below.
    logged apt-lists apt-get "${apt_sys[@]}" update || true
    lists_known ||
        fail "apt has no list of this distribution's packages, and fetching one failed" \
            "see $logs/apt-lists.log and the machine's apt sources"
    step_done
}

# know_lists: the system's lists do, unless `apt-get update` never ran here.
know_lists() {
    lists_known || read_own_lists
}

# as_source FILE:NUMBER [SUITE]: that stanza or line as a source of source packages,
# of SUITE when given. Options that would switch signature checks off are dropped.
as_source() {
    local file=${1%:*} number=${1##*:} suite=${2:-}
    if [[ $file == *.sources ]]; then
        # apt counts stanzas that are more than comments, disabled ones too.
        sed '/^#/d; s/^[ \t]*$//' "$file" |
            awk -v RS= -v want="$number" 'NR == want' |
            awk -v suite="$suite" '
                { field = tolower($1) }
                /^[ \t]/ { if (!skip) print; next }
                { skip = field ~ /^(types|trusted|allow-.*):$/ }
                field == "types:" { print "Types: deb-src" }
                field == "suites:" && suite { print "Suites: " suite; skip = 1 }
                !skip'
        return
    fi
    awk -v want="$number" -v suite="$suite" '
        NR == want {
            sub(/#.*/, ""); sub(/^[ \t]*deb(-src)?[ \t]+/, "")
            if (sub(/^\[/, "")) {
                options = substr($0, 1, index($0, "]") - 1)
                sub(/^[^]]*\]/, "")
            }
            gsub(/(trusted|allow-[a-z-]*)=[^ \t]*/, "", options)
            n = split(options, option, " ")
            print "Types: deb-src"
            print "URIs: " $1
            print "Suites: " (suite ? suite : $2)
            $1 = $2 = ""
            print "Components:" $0
            for (i = 1; i <= n; i++)
                if (sub(/^signed-by=/, "Signed-By: ", option[i])) {
                    gsub(/,/, " ", option[i]); print option[i]
                }
        }' "$file"
}

# write_sources [SUITE [with-security]]: build/apt/src.d from the machine's sources.
# SUITE stands in for the release's own, on the same mirror with the same keys.
write_sources() {
    local suite=${1:-} security=${2:-} codename entry as last='' text
    rm -rf "$apt_dir/src.d"
    mkdir -p "$apt_dir/src.d"
    while read -r codename entry; do
        as=
        if [[ -n $suite ]]; then
            case $codename in
            *-security) as=${security:+$suite-security} ;;
            *-*) ;;
            *) as=$suite ;;
            esac
            [[ -n $as ]] || continue
        fi
        # A stanza of several suites is several targets.
        [[ "$entry $as" != "$last" ]] || continue
        last="$entry $as"
        text=$(as_source "$entry" "$as")
        # A disc is no mirror, and holds no sources.
        [[ $text == *cdrom:* ]] || printf '%s\n\n' "$text"
    done < <(own_targets | sort -k 2,2) >"$apt_dir/src.d/own.sources"
    private_conf src 'Dir::Etc::sourcelist "/dev/null";' "Dir::Etc::sourceparts \"$apt_dir/src.d\";"
}

# know_sources [SUITE]: build/apt/src.conf knows the source packages there are.
know_sources() {
    know_lists
    step "reading the list of source packages${1:+ of $1}"
    write_sources "${1:-}" with-security
    if [[ -n ${1:-} ]]; then
        # Not every suite has a security suite beside it.
        if ! logged apt-sources apt-get "${apt_src[@]}" update; then
            write_sources "$1"
            must apt-sources apt-get "${apt_src[@]}" update
        fi
    else
        must apt-sources apt-get "${apt_src[@]}" update
    fi
    step_done
}

# source_versions NAME [SUITE]: the source packages there are, best first: those of the
# upstream version that the machine itself would install, then the others, newest first.
source_versions() {
    local versions candidate like=''
    versions=$(apt-cache "${apt_src[@]}" showsrc --only-source "$1" 2>/dev/null |
        sed -n 's/^Version: //p' | sort -u)
    [[ -n $versions ]] || fail "no source package of $1 in ${2:-the suites of this machine}"
    if [[ -z ${2:-} ]]; then
        candidate=$(apt-cache "${apt_sys[@]}" policy "$1" | sed -n 's/^ *Candidate: //p')
        like=${candidate%-*}-
    fi
    # Version sort of coreutils knows Debian's ~ and is right within one package.
    awk -v like="$like" '{ print index($0, like) != 1, $0 }' <<<"$versions" |
        sort -k 1,1n -k 2,2rV | cut -d ' ' -f 2
}

# fetch_source NAME VERSION: the files of a source package in build/apt/files.
fetch_source() {
    rm -rf "$apt_dir/files"
    mkdir -p "$apt_dir/files"
    (cd "$apt_dir/files" && logged "$1-fetch" apt-get "${apt_src[@]}" \
        source --only-source --download-only "$1=$2")
}

# source_field NAME VERSION FIELD: of a source package, as one line.
source_field() {
    apt-cache "${apt_src[@]}" showsrc --only-source "$1" |
        awk -v version="$2" -v field="$3: " '
            /^Package: / { take = 0; text = "" }
            $0 == "Version: " version { take = 1 }
            index($0, field) == 1 { text = substr($0, length(field) + 1) }
            /^$/ && take { found = text }
            END { print take ? text : found }'
}
