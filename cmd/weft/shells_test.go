package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/test/serve"
)

// begun is what people have typed when they press the tab key, and what it then is.
var begun = [][2]string{
	{"weft netw", "weft network"},
	{"weft network list -o j", "weft network list -o json "},
	{"weft network show blu", "weft network show blue "},
	{"weft network show two", `weft network show two\ words `},
	{"weft network show it", `weft network show it\'s\ \$HOME `},
	{"weft network show br", `weft network show brackets\[x\]\ \(y\) `},
}

const named = `{"networks": [{"id": "1", "name": "blue"}, {"id": "2", "name": "two words"}, {"id": "3", "name": "it's $HOME"},
	{"id": "4", "name": "brackets[x] (y)"}, {"id": "5", "name": "\u001b]0;evil"}]}`

// The scripts of bash, zsh and fish are run by these shells themselves; names come from a controller.
func TestEveryShellCompletesNamesThatNeedQuotes(t *testing.T) {
	haveShells(t)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, named) }))
	t.Cleanup(api.Close)
	dir := t.TempDir()
	if _, err := serve.Build(dir); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "WEFT_ENDPOINT="+api.URL, "WEFT_TOKEN=t", "HOME="+dir, "LC_ALL=C.UTF-8")
	var whole, words []string
	typed := ""
	for _, b := range begun {
		typed += b[0] + "\n"
		whole = append(whole, b[1])
		words = append(words, strings.TrimSuffix(b[1][strings.LastIndex(b[0], " ")+1:], " ")) // bash tells the word alone
	}
	for shell, c := range map[string]struct {
		script string
		want   []string
	}{"zsh": {zshTypes, whole}, "bash": {bashAsks, words}, "fish": {fishAsks, unquoted(words)}} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), shell, "-c", c.script)
			cmd.Env, cmd.Dir = env, dir
			cmd.Stdin = strings.NewReader(typed)
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if diff := cmp.Diff(c.want, strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// unquoted is what fish tells: it quotes by itself.
func unquoted(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ReplaceAll(w, `\`, "")
	}
	return out
}

// haveShells installs what is missing.
func haveShells(t *testing.T) {
	t.Helper()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if _, err := exec.LookPath(shell); err != nil && os.Geteuid() != 0 {
			t.Skipf("%s is missing, and only root can install it", shell)
		}
	}
	if os.Geteuid() != 0 {
		return
	}
	if out, err := exec.CommandContext(t.Context(), "../../scripts/deps", "test").CombinedOutput(); err != nil {
		t.Fatalf("install the shells: %v\n%s", err, out)
	}
}

const fishAsks = `
weft completion fish | source
while read line
	complete -C $line | string split -f1 \t | head -n1
end`

const bashAsks = `
compopt() { :; } # bash has it only while it completes
source /usr/share/bash-completion/bash_completion
source <(weft completion bash)
while read -r -a COMP_WORDS; do
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE="${COMP_WORDS[*]}" COMP_TYPE=9 COMPREPLY=()
	COMP_POINT=${#COMP_LINE}
	__start_weft
	echo "${COMPREPLY[0]}"
done`

// zsh completes at a terminal only, so it gets one: after each line the tab key is pressed, and then one that tells the line.
const zshTypes = `
zmodload zsh/zpty
lines=("${(@f)$(cat)}")
zpty z zsh -f -i
zpty -w z 'unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source <(weft completion zsh)
tell() { print -r -- "$BUFFER" >>told; BUFFER= }; zle -N tell; bindkey "^T" tell; : >told'
until [[ -e told ]]; do zpty -r -t z _; done
for l in $lines; do
	zpty -w -n z "$l"$'\t\x14'
	until [[ $(wc -l <told) -ge ${lines[(ie)$l]} ]]; do zpty -r -t z _; done
done
zpty -d z
cat told`
