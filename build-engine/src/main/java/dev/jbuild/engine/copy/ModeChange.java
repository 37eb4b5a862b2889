package dev.jbuild.engine.copy;

import dev.jbuild.dockerfile.expand.FileModes;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code --chmod} does to permission bits: an octal number replaces them, a symbolic mode as
 * of chmod(1) changes them, without regard to any umask.
 */
sealed interface ModeChange {

  /**
   * @param mode the twelve bits before
   * @param directory whether they are a directory's
   */
  int apply(int mode, boolean directory);

  /** Sets the bits whatever they were. */
  record Absolute(int bits) implements ModeChange {
    @Override
    public int apply(int mode, boolean directory) {
      return bits;
    }
  }

  /** Changes some bits, clause after clause. */
  record Symbolic(List<Clause> clauses) implements ModeChange {
    public Symbolic {
      clauses = List.copyOf(clauses);
    }

    @Override
    public int apply(int mode, boolean directory) {
      int changed = mode;
      for (Clause clause : clauses) {
        changed = clause.apply(changed, directory);
      }
      return changed;
    }
  }

  /**
   * One of {@code u+rw,g=u,o-x}.
   *
   * @param who bits that may change: 0700, 0070, 0007 and their set-id and sticky bits
   * @param operator {@code +}, {@code -} or {@code =}
   * @param permissions letters of {@code rwxXst}, or one of {@code ugo}
   */
  record Clause(String who, char operator, String permissions) {

    int apply(int mode, boolean directory) {
      int mask = 0;
      int bits = 0;
      int permitted = permissionBits(mode, directory);
      for (int i = 0; i < who.length(); i++) {
        int shift = who.charAt(i) == 'u' ? 6 : who.charAt(i) == 'g' ? 3 : 0;
        mask |= 7 << shift;
        bits |= permitted << shift;
      }
      int special = specialBits();
      return switch (operator) {
        case '+' -> mode | bits | special;
        case '-' -> mode & ~bits & ~special;
        default -> (mode & ~mask & ~specialMask(directory)) | bits | special;
      };
    }

    private int permissionBits(int mode, boolean directory) {
      int bits = 0;
      for (int i = 0; i < permissions.length(); i++) {
        bits |=
            switch (permissions.charAt(i)) {
              case 'r' -> 4;
              case 'w' -> 2;
              case 'x' -> 1;
              case 'X' -> directory || (mode & 0111) != 0 ? 1 : 0;
              case 'u' -> mode >> 6 & 7;
              case 'g' -> mode >> 3 & 7;
              case 'o' -> mode & 7;
              default -> 0;
            };
      }
      return bits;
    }

    private int specialBits() {
      int bits = 0;
      if (permissions.indexOf('s') >= 0) {
        bits |= who.indexOf('u') >= 0 ? 04000 : 0;
        bits |= who.indexOf('g') >= 0 ? 02000 : 0;
      }
      if (permissions.indexOf('t') >= 0 && who.length() == 3) {
        bits |= 01000;
      }
      return bits;
    }

    /** {@code =} clears set-id bits it does not name, but not those of a directory (chmod(1)). */
    private int specialMask(boolean directory) {
      int mask = who.length() == 3 ? 01000 : 0;
      if (!directory) {
        mask |= who.indexOf('u') >= 0 ? 04000 : 0;
        mask |= who.indexOf('g') >= 0 ? 02000 : 0;
      }
      return mask;
    }
  }

  /**
   * Reads a mode.
   *
   * @throws BuildFailure when it is neither octal up to 07777 nor symbolic
   */
  static ModeChange parse(String text) {
    if (!FileModes.isValid(text)) {
      throw malformed(text);
    }
    if (FileModes.isOctal(text)) {
      return new Absolute(Integer.parseInt(text, 8));
    }
    List<Clause> clauses = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      int at = 0;
      while ("ugoa".indexOf(part.charAt(at)) >= 0) {
        at++;
      }
      String who = at == 0 || part.substring(0, at).contains("a") ? "ugo" : part.substring(0, at);
      while (at < part.length()) {
        char operator = part.charAt(at++);
        int start = at;
        while (at < part.length() && "+-=".indexOf(part.charAt(at)) < 0) {
          at++;
        }
        clauses.add(new Clause(who, operator, part.substring(start, at)));
      }
    }
    return new Symbolic(clauses);
  }

  private static BuildFailure malformed(String text) {
    return new BuildFailure(
        Kind.USER,
        "\"" + text + "\" is not a mode",
        "write an octal number up to 07777, or changes such as u+x,go-w",
        null);
  }
}
