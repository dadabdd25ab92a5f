/**
 * A whole cell in one thread and in virtual time: the production code that decides, on a simulated network, simulated
 * devices and a simulated metadata quorum, with faults of every kind, all from one seed.
 */
package io.epona.systemtests.cell;
