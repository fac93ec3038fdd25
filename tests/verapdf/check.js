// Asks veraPDF of each pair of arguments, a flavour and a file, and prints what the file does not keep.
// For Rhino, the script engine that comes with veraPDF: a Java machine is enough, no compiler is needed.
importPackage(Packages.org.verapdf.pdfa, Packages.org.verapdf.pdfa.flavours, Packages.org.verapdf.pdfa.results);
Packages.org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider.initialise();
for (var i = 0; i < arguments.length; i += 2) {
  var flavour = PDFAFlavour.fromString(arguments[i]);
  var parser = Foundries.defaultInstance().createParser(new java.io.FileInputStream(arguments[i + 1]), flavour);
  var found = Foundries.defaultInstance().createValidator(flavour, false).validate(parser);
  print(arguments[i] + " " + (found.isCompliant() ? "kept" : "NOT KEPT") + " in " + found.getTotalAssertions() + " checks: " + arguments[i + 1]);
  var each = found.getTestAssertions().iterator();
  while (each.hasNext()) {
    var broken = each.next();
    if (broken.getStatus() == TestAssertion.Status.FAILED) print("  " + broken.getRuleId() + " " + broken.getMessage());
  }
  parser.close();
}
