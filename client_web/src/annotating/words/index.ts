/** The words of this feature, a table for each subject, vi and en side by side. */
import { layers } from './layers';
import { marks } from './marks';
import { pen } from './pen';
import { refused } from './refused';
import { standing } from './standing';
import { threads } from './threads';

export const words = [layers, marks, pen, refused, standing, threads];
