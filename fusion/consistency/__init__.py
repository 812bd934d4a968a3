"""How true a node's word has been: found from what the others say of the same targets, and weighed by it.

For every node and environment two things are asked, of the shared table alone, so at every core alike:

- do its errors fit what it declares (`agreement`)? Two nodes' estimates of one target are independent but for
  what the target itself did; their difference d has at most the covariance P + P', so dᵀ(P + P′)⁻¹d is at
  most χ² of 6 on the average where both declare the truth;
- do the others tell of its tracks, where they should (`confirmation`)?

A node that does not fit has its covariances multiplied by a factor, of one that fits not a bit is changed
(`estimate`). `weighing` does both in the fold, `told` tells it.

Source: Page 1954, *Continuous inspection schemes*, and Lorden 1971 (the test and its rate of false alarms);
Bar-Shalom, Willett, Tian 2011, *Tracking and Data Fusion*, section 9.3 (distance of two tracks); Huber and
Ronchetti 2009, section 5 (M-estimate of scale).
"""
