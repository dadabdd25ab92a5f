/** The simulation of whole cells: that it finds nothing, and that it would. */
package io.epona.systemtests.cell;
