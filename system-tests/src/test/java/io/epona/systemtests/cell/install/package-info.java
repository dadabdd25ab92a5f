/** Nodes of a cell that lack what no journal has any more. */
package io.epona.systemtests.cell.install;
