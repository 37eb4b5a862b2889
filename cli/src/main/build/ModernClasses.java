import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;

/**
 * Gives the class files of a library the version of Java 8, with the stack maps this version asks
 * for.
 *
 * <p>The JVM leaves classes older than Java 6 out of an AOT cache, and all that refer to them: they
 * need its old verifier, whose work cannot be kept. picocli is compiled for Java 5, so each jbuild
 * command would load and verify its 200 classes anew, which is a quarter of the time a short
 * command takes.
 *
 * <p>Usage: {@code java -cp asm.jar ModernClasses.java JAR...}; what the classes of these jars
 * refer to must be in one of them. A jar without such classes is left as it is; of the others only
 * these classes change.
 */
final class ModernClasses {
  /** The first version that the JVM's new verifier reads, and so the AOT cache takes: Java 6. */
  private static final int FIRST_WITH_STACK_MAPS = 50;

  private ModernClasses() {}

  public static void main(String[] args) throws IOException {
    List<URL> path = new ArrayList<>();
    for (String jar : args) {
      path.add(Path.of(jar).toUri().toURL());
    }
    try (URLClassLoader types = new URLClassLoader(path.toArray(URL[]::new))) {
      for (String jar : args) {
        modernize(Path.of(jar), types);
      }
    }
  }

  private static void modernize(Path jar, ClassLoader types) throws IOException {
    Path written = jar.resolveSibling(jar.getFileName() + ".new");
    try (ZipFile from = new ZipFile(jar.toFile())) {
      if (Collections.list(from.entries()).stream().noneMatch(entry -> isOld(from, entry))) {
        return;
      }
      try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(written));
          ZipOutputStream to = new ZipOutputStream(file)) {
        for (ZipEntry entry : Collections.list(from.entries())) {
          byte[] content = from.getInputStream(entry).readAllBytes();
          ZipEntry copy = new ZipEntry(entry.getName());
          // the same bytes from every build: the time is the library's own
          copy.setTimeLocal(entry.getTimeLocal());
          to.putNextEntry(copy);
          to.write(isOld(entry.getName(), content) ? modern(content, types) : content);
          to.closeEntry();
        }
      }
    }
    // the JVM compares a jar's time, in seconds, with the one it had in training
    FileTime time = Files.getLastModifiedTime(jar);
    Files.move(written, jar, StandardCopyOption.REPLACE_EXISTING);
    Files.setLastModifiedTime(jar, time);
  }

  private static boolean isOld(ZipFile jar, ZipEntry entry) {
    try (var content = jar.getInputStream(entry)) {
      return isOld(entry.getName(), content.readNBytes(8));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static boolean isOld(String name, byte[] start) {
    return name.endsWith(".class") && start.length >= 8 && major(start) < FIRST_WITH_STACK_MAPS;
  }

  /** JVMS 4.1: after the magic number the minor and the major version, big-endian. */
  private static int major(byte[] classFile) {
    return (classFile[6] & 0xff) << 8 | classFile[7] & 0xff;
  }

  private static byte[] modern(byte[] classFile, ClassLoader types) {
    byte[] raised = classFile.clone();
    raised[6] = 0;
    raised[7] = Opcodes.V1_8;
    ClassReader reader = new ClassReader(raised);
    ClassWriter writer =
        new ClassWriter(ClassWriter.COMPUTE_FRAMES) {
          @Override
          protected ClassLoader getClassLoader() {
            return types;
          }
        };
    // an old class may call a subroutine (jsr), which stack maps cannot say: ASM then fails, and
    // the build with it
    reader.accept(writer, ClassReader.SKIP_FRAMES);
    return writer.toByteArray();
  }
}
