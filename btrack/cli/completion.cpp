// SPDX-License-Identifier: Apache-2.0
// `btrack completion`: scripts made from the program's own table of subcommands and options.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "btrack/cli/command.hpp"
#include "btrack/cli/terminal.hpp"

namespace btrack::cli {
namespace {

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    for (const auto& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

/// For each subcommand: its own options and the global ones, separated by blanks.
std::string words_of(const CLI::App& root, const CLI::App& sub) {
  auto names = option_names(sub);
  for (auto& name : option_names(root)) {
    if (name != "--version" && name != "--help" && name != "-h") names.push_back(std::move(name));
  }
  return fmt::format("{}", fmt::join(names, " "));
}

std::string command_words(const CLI::App& root) {
  std::string words;
  for (const auto* sub : root.get_subcommands({})) words += sub->get_name() + " ";
  return words;
}

std::string bash(const CLI::App& root) {
  std::string cases;
  for (const auto* sub : root.get_subcommands({})) {
    cases += fmt::format("    {}) words=\"{}\" ;;\n", sub->get_name(), words_of(root, *sub));
  }
  return fmt::format(R"(# bash completion for btrack
_btrack() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" command="" word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in --) compopt -o default; COMPREPLY=(); return ;; -*) ;; *) [ -z "$command" ] && command="$word" ;; esac
  done
  case "$command" in
    "") words="{}{}" ;;
{}    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ "${{current#-}}" = "$current" ] && [ -n "$command" ]; then compopt -o default; fi
}}
complete -F _btrack btrack
)",
                     command_words(root), fmt::format("{}", fmt::join(option_names(root), " ")),
                     cases);
}

std::string zsh(const CLI::App& root) {
  std::string cases;
  for (const auto* sub : root.get_subcommands({})) {
    cases += fmt::format("    {}) compadd -- {} ;;\n", sub->get_name(), words_of(root, *sub));
  }
  return fmt::format(R"(#compdef btrack
_btrack() {{
  local command=""
  if (( CURRENT > 2 )); then command="${{words[2]}}"; fi
  if [[ -z "$command" ]]; then
    compadd -- {}{}
    return
  fi
  case "$command" in
{}  esac
  _files
}}
compdef _btrack btrack
)",
                     command_words(root), fmt::format("{}", fmt::join(option_names(root), " ")),
                     cases);
}

std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "\\'");
  }
  return "'" + text + "'";
}

std::string fish(const CLI::App& root) {
  std::string script = "# fish completion for btrack\n";
  for (const auto* sub : root.get_subcommands({})) {
    script += fmt::format("complete -c btrack -n __fish_use_subcommand -f -a {} -d {}\n",
                          sub->get_name(), quoted(sub->get_description()));
    for (const auto* option : sub->get_options()) {
      for (const auto& name : option->get_lnames()) {
        script +=
            fmt::format("complete -c btrack -n '__fish_seen_subcommand_from {}' -l {} -d {}\n",
                        sub->get_name(), name, quoted(option->get_description()));
      }
    }
  }
  for (const auto* option : root.get_options()) {
    for (const auto& name : option->get_lnames()) {
      script +=
          fmt::format("complete -c btrack -l {} -d {}\n", name, quoted(option->get_description()));
    }
  }
  return script;
}

}  // namespace

Action add_completion(CLI::App& sub, Globals& /*globals*/) {
  auto shell = std::make_shared<std::string>();
  sub.add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  const CLI::App* root = sub.get_parent();
  return [shell, root] {
    print(*shell == "bash" ? bash(*root) : *shell == "zsh" ? zsh(*root) : fish(*root));
    return exit_code::ok;
  };
}

}  // namespace btrack::cli
