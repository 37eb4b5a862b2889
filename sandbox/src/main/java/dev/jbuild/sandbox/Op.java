package dev.jbuild.sandbox;

import java.util.List;

/**
 * One primitive operation of a plan, in the order in which jbuild-init carries them out. The codes
 * and fields are those of {@code enum op_code} in {@code init.h}; paths named target are the step's
 * and walked without leaving its root, all others are the executor's.
 */
sealed interface Op {

  /**
   * What the supervisor needs to know.
   *
   * @param cloneFlags namespaces, as clone(2) takes them
   * @param timeoutMillis 0 for none
   * @param waitForGo whether pid 1 waits, ready, until it is told to start the step
   * @param pipeUid owner of the output pipes, as the executor sees it
   */
  record Start(long cloneFlags, long timeoutMillis, boolean waitForGo, int pipeUid, int pipeGid)
      implements Op {}

  /**
   * Where the step reads from.
   *
   * @param kind of {@code enum input} in {@code init.h}
   */
  record Input(int kind, int rows, int columns) implements Op {
    static final int PIPE = 1;
    static final int OWN_TERMINAL = 2;
    static final int OUTER_TERMINAL = 3;

    /** Adds what a request asks for; nothing for a step without input. */
    static void add(List<Op> ops, StepInput input, boolean ownDevices) {
      switch (input) {
        case StepInput.None _ -> {}
        case StepInput.Pipe _ -> ops.add(new Input(PIPE, 0, 0));
        case StepInput.Terminal(int rows, int columns) ->
            ops.add(new Input(ownDevices ? OWN_TERMINAL : OUTER_TERMINAL, rows, columns));
      }
    }
  }

  /** Makes the user namespace of the step, from the text of its two maps. */
  record UserNamespace(String uidMap, String gidMap, long rootUid, long rootGid) implements Op {}

  /** Joins a cgroup by writing to its {@code cgroup.procs}, or a v1 one by its {@code tasks}. */
  record Cgroup(String procs) implements Op {}

  /** Attaches a device program to a v2 cgroup. */
  record DeviceFilter(String cgroup, List<Long> program) implements Op {}

  /** Covers a directory of the executor's, in the step's namespace only, with working space. */
  record Scratch(String directory) implements Op {}

  /** A layer: a directory, or the root of an earlier stack when the number is not negative. */
  record Lower(int stack, String path) {
    static Lower of(String path) {
      return new Lower(-1, path);
    }

    static Lower of(int stack) {
      return new Lower(stack, "");
    }
  }

  /**
   * Mounts layers; the result is the next stack.
   *
   * @param upper empty for a read-only stack; with ID_MAP the last name, below parent
   */
  record Stack(int flags, List<Lower> lowers, String upper, String work, String parent)
      implements Op {
    static final int USER_XATTR = 1;
    static final int ID_MAP = 2;
    static final int NO_DEV = 4;
    static final int READ_ONLY = 8;
  }

  /** Takes a plain directory as the next stack. */
  record Directory(String path, int flags) implements Op {}

  /** Takes a plain directory as the root of a step for which nothing is mounted. */
  record Jail(String path) implements Op {}

  /** Empties a file of the executor's when the step is dead, though the executor is dead, too. */
  record Empty(String path) implements Op {}

  /** Makes the root the root of the process. */
  record Chroot() implements Op {}

  /** Makes the newest stack the step's root. */
  record Root() implements Op {}

  /** Mounts a file system. */
  record Mount(
      String target, String type, String source, long flags, String data, boolean removeStub)
      implements Op {}

  /** Binds a path of the executor's, or one inside a stack. */
  record Bind(
      int stack, String source, String target, boolean recursive, long flags, boolean removeStub)
      implements Op {}

  /**
   * Makes a directory inside a stack: a mount point for another program, or its directory to work
   * in.
   */
  record Target(int stack, String path, boolean removeStub, int uid, int gid) implements Op {}

  /**
   * Makes a mount point for another program inside a stack, a directory or a file as is what will
   * be mounted there.
   *
   * @param source the stack of what will be mounted, or -1 for the executor's files
   * @param sourcePath its name there
   */
  record MountPoint(int stack, String path, int source, String sourcePath) implements Op {}

  /** Makes a file on the scratch space and binds it. */
  record File(FileMount file, int uid, int gid, long flags) implements Op {}

  /** Makes a device node, or any other file that mknod(2) makes. */
  record Node(String target, int mode, long device, int uid, int gid) implements Op {}

  /** Makes a symbolic link unless the name is taken. */
  record Link(String target, String text) implements Op {}

  /** Hides a path, if it exists. */
  record Mask(String target) implements Op {}

  /** Makes a path read-only, if it exists. */
  record ReadOnly(String target) implements Op {}

  /** Sets the host name. */
  record HostName(String name) implements Op {}

  /** Brings the loopback interface up. */
  record Loopback() implements Op {}

  /** Leaves the executor's file system for the step's. */
  record Pivot() implements Op {}

  /** Enters the working directory, making it if need be. */
  record Cwd(String path, int uid, int gid) implements Op {}

  /** Code of {@link Limit}, whose failure names a number. */
  int LIMIT = 17;

  /** The number of {@link Stack}. */
  int LAYERS = 3;

  /** Sets a resource limit; one that is not required is left as it is if the kernel refuses. */
  record Limit(int resource, long soft, long hard, boolean required) implements Op {}

  /** Score of the out-of-memory killer. */
  record OomScore(int value) implements Op {}

  /** Who the step is. */
  record Identity(int uid, int gid, int umask, boolean noNewPrivileges, List<Integer> groups)
      implements Op {}

  /** Capability sets as bit masks. */
  record Capabilities(long bounding, long permitted, long effective, long inheritable, long ambient)
      implements Op {}

  /** Installs a filter; the program is what {@code struct sock_filter} lays out. */
  record Filter(long flags, List<Long> program) implements Op {}

  /**
   * Keeps a step from abstract sockets of others, as far as the kernel can; one without namespaces
   * from their files and processes, too.
   *
   * @param kind of {@code enum confinement} in {@code init.h}
   */
  record Confine(int kind) implements Op {
    static final int SOCKETS = 1;
    static final int ALL = 2;
  }

  /** Executes; always the last. */
  record Exec(List<String> arguments, List<String> environment) implements Op {}

  /** The operation's number in the plan. */
  default int code() {
    return switch (this) {
      case Start _ -> 1;
      case Cgroup _ -> 2;
      case Stack _ -> LAYERS;
      case Directory _ -> 4;
      case Mount _ -> 5;
      case Bind _ -> 6;
      case File _ -> 7;
      case Node _ -> 8;
      case Link _ -> 9;
      case Mask _ -> 10;
      case ReadOnly _ -> 11;
      case HostName _ -> 12;
      case Loopback _ -> 13;
      case Pivot _ -> 14;
      case Cwd _ -> 16;
      case Limit _ -> LIMIT;
      case Identity _ -> 18;
      case Capabilities _ -> 19;
      case Filter _ -> 20;
      case Exec _ -> 21;
      case UserNamespace _ -> 22;
      case OomScore _ -> 23;
      case Scratch _ -> 24;
      case Root _ -> 25;
      case DeviceFilter _ -> 26;
      case Chroot _ -> 15;
      case Jail _ -> 27;
      case Empty _ -> 32;
      case Target _ -> 28;
      case MountPoint _ -> 31;
      case Input _ -> 29;
      case Confine _ -> 30;
    };
  }

  /** What the operation does, for the message of a failure: "cannot …". */
  static String action(int code) {
    return switch (code) {
      case 1 -> "make the step's namespaces";
      case 2 -> "enter the step's cgroup";
      case 3 -> "mount the layers";
      case 4, 27 -> "use the root directory";
      case 5 -> "mount a file system";
      case 6 -> "bind";
      case 28, 31 -> "make a mount point";
      case 7 -> "place a file";
      case 8 -> "make a device node";
      case 9 -> "make a link";
      case 10 -> "mask";
      case 11 -> "make read-only";
      case 12 -> "set the host name";
      case 13 -> "bring up the loopback interface";
      case 14, 15 -> "change the root";
      case 16 -> "enter the working directory";
      case 17 -> "set a resource limit";
      case 18 -> "take on the user";
      case 19 -> "set the capabilities";
      case 20 -> "install the system-call filter";
      case 21 -> "execute";
      case 22 -> "make the user namespace";
      case 24 -> "make working space";
      case 26 -> "guard devices";
      case 29 -> "make a terminal";
      case 30 -> "confine the step";
      default -> "carry out operation " + code;
    };
  }
}
