#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  const char *name = getenv("NAME");
  printf("compiled and run: %s says hello to %s\n", name ? name : "nobody", argc > 1 ? argv[1] : "nobody");
  return 0;
}
