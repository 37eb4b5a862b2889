package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.dockerfile.ignore.Glob;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.engine.source.GitReference;
import dev.jbuild.engine.source.HttpDownloads;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Turns COPY and ADD into an operation. */
final class CopyPlanning {
  private final Planner planner;
  private final Stage stage;
  private final WordExpander expander;
  private final Diagnostics diagnostics;

  CopyPlanning(Planner planner, Stage stage, WordExpander expander, Diagnostics diagnostics) {
    this.planner = planner;
    this.stage = stage;
    this.expander = expander;
    this.diagnostics = diagnostics;
  }

  /**
   * @param inputs besides the root file system
   * @param history without the closing comment
   */
  record Planned(Op.Copy op, List<Vertex> inputs, String history) {}

  Planned plan(CopyInstruction copy, StageState state) {
    return plan(
        "COPY",
        state,
        copy.sources(),
        copy.destination(),
        copy.from(),
        copy.chown(),
        copy.chmod(),
        copy.parents(),
        copy.excludes(),
        false,
        null,
        null,
        () -> planner.graph().source(stage, copy));
  }

  Planned plan(AddInstruction add, StageState state) {
    Boolean unpack = add.unpack();
    return plan(
        "ADD",
        state,
        add.sources(),
        add.destination(),
        null,
        add.chown(),
        add.chmod(),
        false,
        add.excludes(),
        unpack,
        add.checksum(),
        add.keepGitDir(),
        Optional::empty);
  }

  private Planned plan(
      String name,
      StageState state,
      List<CopySource> written,
      Word destination,
      @Nullable Word from,
      @Nullable Word chown,
      @Nullable Word chmod,
      boolean parents,
      List<Word> excludes,
      @Nullable Boolean unpack,
      @Nullable Word checksum,
      @Nullable Boolean keepGitDir,
      Supplier<Optional<Stage>> earlier) {
    List<Op.Source> sources = new ArrayList<>();
    StringBuilder history = new StringBuilder(name);
    String owner = optional(chown, state);
    String given = optional(chmod, state);
    // A variable that is not set means no --chmod.
    String mode = given == null || given.isEmpty() ? null : given;
    flags(history, parents, owner, mode);
    StringBuilder heredocs = new StringBuilder();
    List<String> urls = new ArrayList<>();
    List<GitReference> repositories = new ArrayList<>();
    boolean needsTree = false;
    for (CopySource source : written) {
      switch (source) {
        case CopySource.Path path -> {
          String text = expand(path.path(), state);
          Optional<GitReference> git = git(path.path(), text);
          if (name.equals("COPY") && (git.isPresent() || isUrl(text))) {
            throw diagnostics.error(
                path.path().span(),
                "COPY takes files of the context only",
                "use ADD for \"" + text + "\"");
          }
          if (git.isPresent()) {
            sources.add(new Op.Source.Pattern(String.valueOf(repositories.size())));
            repositories.add(git.get());
          } else if (isUrl(text)) {
            sources.add(new Op.Source.Pattern(download(path.path(), text, urls.size())));
            urls.add(text);
          } else {
            sources.add(new Op.Source.Pattern(text));
            needsTree = true;
          }
          history.append(' ').append(text);
          requireOneKind(path.path(), needsTree, urls, repositories);
        }
        case CopySource.Inline inline -> {
          Heredoc heredoc = inline.heredoc();
          String data = WordExpander.expand(heredoc, state.scope).text();
          sources.add(new Op.Source.Inline(heredoc.name(), SourceText.encode(data)));
          heredocs.append(" <<").append(heredoc.name());
        }
      }
    }
    String target = expand(destination, state);
    history.append(heredocs).append(' ').append(target);
    Op.Copy op =
        new Op.Copy(
            sources,
            ContainerPath.destination(state.workingDirectory(), target),
            owner,
            mode,
            parents,
            excludes.stream().map(Word::text).toList(),
            unpack == null ? urls.isEmpty() && repositories.isEmpty() : unpack);
    if (!repositories.isEmpty()) {
      Op.Git git = git(repositories, keepGitDir, checksum, state);
      String names =
          String.join(" ", git.repositories().stream().map(GitReference::remote).toList());
      Step step = new Step("git:" + git.contextName(), "fetch " + names, null);
      Vertex fetch = new Vertex(git, List.of(), step, false);
      return new Planned(op, List.of(fetch), history.toString());
    }
    if (Boolean.TRUE.equals(keepGitDir) && written.getFirst() instanceof CopySource.Path path) {
      throw diagnostics.error(
          path.path().span(), "--keep-git-dir is for git repositories only", "remove the flag");
    }
    Digest expected = checksum == null ? null : checksum(checksum, state, urls, written.size());
    if (!urls.isEmpty()) {
      Step step = new Step("url:" + urls, "download " + String.join(" ", urls), null);
      Vertex download = new Vertex(new Op.Http(urls, expected), List.of(), step, false);
      return new Planned(op, List.of(download), history.toString());
    }
    List<Vertex> inputs =
        !needsTree
            ? List.of()
            : List.of(
                from == null ? planner.context("context") : planner.copySource(from, earlier));
    return new Planned(op, inputs, history.toString());
  }

  /** BuildKit shows these flags and no others. */
  private static void flags(
      StringBuilder history, boolean parents, @Nullable String owner, @Nullable String mode) {
    if (parents) {
      history.append(" --parents");
    }
    if (owner != null) {
      history.append(" --chown=").append(owner);
    }
    if (mode != null) {
      history.append(" --chmod=").append(mode);
    }
  }

  private Optional<GitReference> git(Word word, String text) {
    try {
      return GitReference.parse(text, GitReference.Place.ADD);
    } catch (BuildFailure failure) {
      throw diagnostics.at(word.span(), failure);
    }
  }

  /** The repositories with what the flags say about each. */
  private Op.Git git(
      List<GitReference> repositories,
      @Nullable Boolean keepGitDir,
      @Nullable Word checksum,
      StageState state) {
    if (checksum == null) {
      return new Op.Git(repositories.stream().map(each -> each.with(keepGitDir, null)).toList());
    }
    if (repositories.size() > 1) {
      throw diagnostics.error(
          checksum.span(), "--checksum is for one repository", "write one ADD for each");
    }
    try {
      String expected = expand(checksum, state);
      return new Op.Git(List.of(repositories.getFirst().with(keepGitDir, expected)));
    } catch (BuildFailure failure) {
      throw diagnostics.at(checksum.span(), failure);
    }
  }

  private void requireOneKind(
      Word word, boolean files, List<String> urls, List<GitReference> repositories) {
    int kinds = (files ? 1 : 0) + (urls.isEmpty() ? 0 : 1) + (repositories.isEmpty() ? 0 : 1);
    if (kinds > 1) {
      throw diagnostics.error(
          word.span(),
          "one ADD cannot take files, downloads and repositories together",
          "write an ADD for each kind");
    }
  }

  private static boolean isUrl(String text) {
    return text.startsWith("http://") || text.startsWith("https://");
  }

  /** Where a download lies in its tree. */
  private String download(Word word, String url, int number) {
    try {
      String name = HttpDownloads.name(url);
      if (Glob.isWildcard(name)) {
        throw diagnostics.unsupported(word.span(), "a download with a wildcard in its name");
      }
      return number + "/" + name;
    } catch (BuildFailure failure) {
      throw diagnostics.at(word.span(), failure);
    }
  }

  private Digest checksum(Word word, StageState state, List<String> urls, int sources) {
    if (urls.size() != 1 || sources != 1) {
      throw diagnostics.error(
          word.span(), "--checksum is for one URL and nothing else", "write one ADD for each URL");
    }
    String text = expand(word, state);
    return Digest.tryParse(text)
        .orElseThrow(() ->
            diagnostics.error(
                word.span(), "\"" + text + "\" is no digest", "write sha256: and 64 hex digits"));
  }

  private @Nullable String optional(@Nullable Word word, StageState state) {
    return word == null ? null : expand(word, state);
  }

  private String expand(Word word, StageState state) {
    return expander.expand(word, state.scope).text();
  }
}
